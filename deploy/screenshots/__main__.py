"""Take all pictures. Runs beside ``with-stack``, which says where the demo is.

Everybody in it is fictional. Officers log in with a second factor (``SECOND_FACTOR=1``).
"""

import os
import sys
from pathlib import Path

from deploy.screenshots import citizen, desk, policy
from deploy.screenshots.browser import ARGUMENTS, Camera

PICTURES = {  # all, or those that are named
    "citizen": citizen.pictures,
    "desk": desk.pictures,
    "policy": policy.pictures,
}


def main() -> int:
    from playwright.sync_api import sync_playwright  # a tool of development, not of production

    password = (Path(os.environ["KEYS_DIR"]) / "officers.txt").read_text().strip()
    chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        camera = Camera(browser, os.environ["MIAOPI_URL"], password)
        for name in sys.argv[1:] or PICTURES:
            PICTURES[name](camera)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
