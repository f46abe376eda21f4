"""The paper's method (Glavaš & Vulić, ACL 2020) and its pieces.

Its public names are those of the package itself: ``sklearn_instamap.InstaMapAligner`` and so on.
"""

__all__: list[str] = []
