"""`python -m bot` is `golive`."""

from bot.cli import main

if __name__ == "__main__":
    main()
