"""A local web page on which a lexicographer looks at two aligned spaces; see ``instamap explore``.

Nothing here is public: the command line starts it.
"""

__all__: list[str] = []
