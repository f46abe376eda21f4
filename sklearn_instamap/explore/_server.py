"""The web server of the page: this machine only, and only for who has the token."""

from __future__ import annotations

import hmac
from pathlib import Path
from typing import Any

from sklearn_instamap._optional import import_optional
from sklearn_instamap.explore._errors import KINDS
from sklearn_instamap.explore._session import Session

_PAGE = Path(__file__).parent / "page"
_COOKIE = "instamap_token"
_HEADERS = {
    # Nothing but the page's own files runs or is loaded, and nobody else may frame it.
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def make_app(session: Session, token: str, title: str = "instamap explore") -> Any:
    """Return the web application that shows a session under a title.

    Without the token every request is refused: other programs and web pages on this machine do not
    know it.
    """
    flask = import_optional("flask", "instamap explore", "explore")
    app = flask.Flask("sklearn_instamap.explore", static_folder=None)
    app.json.ensure_ascii = app.json.sort_keys = False
    # A decision is two words; nothing longer is read.
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024

    @app.before_request
    def check() -> Any:
        host = flask.request.host.rpartition(":")[0] or flask.request.host
        # A page elsewhere whose name is made to point here sends its own name.
        if host not in ("127.0.0.1", "localhost"):
            return "Unknown host.", 403
        given = flask.request.args.get("token") or flask.request.cookies.get(_COOKIE, "")
        if not hmac.compare_digest(given.encode(), token.encode()):
            return "Open the address that instamap explore has printed; it holds a token.", 403
        return None

    @app.after_request
    def harden(response: Any) -> Any:
        response.headers.update(_HEADERS)
        return response

    @app.get("/")
    def index() -> Any:
        response = flask.make_response((_PAGE / "index.html").read_text(encoding="utf-8"))
        response.set_cookie(_COOKIE, token, httponly=True, samesite="Strict")
        return response

    @app.get("/page/<name>")
    def page(name: str) -> Any:
        return flask.send_from_directory(_PAGE, name)

    @app.get("/api/about")
    def about() -> Any:
        return {
            "title": title,
            "source_words": session.source.n_words,
            "target_words": session.target.n_words,
            "example": session.source.words[min(50, session.source.n_words - 1)],
            "kinds": KINDS,
            "has_test": session.test is not None,
            "output": None if session.output is None else str(session.output),
        }

    @app.get("/api/word")
    def word() -> Any:
        text = flask.request.args.get("word", "").strip()
        if text not in session.source:
            return {"word": text, "suggestions": session.suggestions(text) if text else []}, 404
        return {
            "word": text,
            "translations": session.translations(text),
            "points": session.surroundings(text),
        }

    @app.get("/api/suggest")
    def suggest() -> Any:
        return {"suggestions": session.suggestions(flask.request.args.get("start", ""))}

    @app.get("/api/hubs")
    def hubs() -> Any:
        return {"hubs": session.hubs()}

    @app.get("/api/errors")
    def errors() -> Any:
        rows = [
            {**row, "decision": session.decision((row["source"], row["answer"]))}
            for row in session.errors
        ]
        return {"errors": rows}

    @app.get("/api/decisions")
    def decisions() -> Any:
        return {"accepted": list(session.accepted), "rejected": list(session.rejected)}

    @app.post("/api/decide")
    def decide() -> Any:
        given = flask.request.get_json(silent=True)
        texts = (
            [given.get(name) for name in ("source", "target", "decision")]
            if isinstance(given, dict)
            else [None]
        )
        if not all(isinstance(text, str) for text in texts):
            return {"error": "source, target and decision must be texts."}, 400
        try:
            session.decide(*texts)
        except (ValueError, OSError) as error:
            return {"error": str(error)}, 400
        return {"accepted": len(session.accepted), "rejected": len(session.rejected)}

    return app


def make_server(app: Any, port: int) -> Any:
    """Return a server of an application on this machine's loopback address; 0 takes a free port."""
    serving = import_optional("werkzeug.serving", "instamap explore", "explore")

    class Quiet(serving.WSGIRequestHandler):  # type: ignore[name-defined]
        # A line for every request would be noise, and hold the token.
        def log(self, *arguments: Any) -> None:
            pass

    try:
        return serving.make_server("127.0.0.1", port, app, threaded=True, request_handler=Quiet)
    # werkzeug ends the process where a port is taken.
    except SystemExit:
        raise OSError(f"the port {port} is taken; choose another with --port.") from None
