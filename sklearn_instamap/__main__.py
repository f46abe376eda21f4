"""``python -m sklearn_instamap`` is the command ``instamap``, wherever scripts are installed."""

import sys

from sklearn_instamap.cli import main

if __name__ == "__main__":
    sys.exit(main())
