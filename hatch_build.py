"""Puts the stylesheet of the GOV.UK frontend beside our own when a wheel is built.

It comes from npm and is never committed; without npm the pages have our own plain one. What must
not leave GOV.UK is taken out: its typeface and its crown are for that site alone.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VERSION: Final = "6.3.0"
"""What the macros of govuk-frontend-jinja 4.1 were made for: their README has a table."""
INSIDE: Final = "package/dist/govuk/govuk-frontend.min.css"
_PATIENCE_S: Final = 120


def neutral(css: str) -> str:
    """Return a stylesheet without the typeface and crown of GOV.UK: it loads nothing.

    Raises:
        ValueError: something of it is still there.
    """
    css = re.sub(r"@font-face\s*\{[^}]*\}", "", css)
    css = re.sub(r'"?GDS Transport"?\s*,\s*', "", css, flags=re.IGNORECASE)
    css = re.sub(r"url\(/assets/[^)]*\)", "none", css)
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    if re.search(r"GDS Transport|url\((?!\"?data:)", css, re.IGNORECASE):
        message = "the stylesheet still names a typeface, or loads a file"
        raise ValueError(message)
    return css


class FrontendHook(BuildHookInterface[Any]):
    """Fetches the stylesheet for a wheel; an editable install has none."""

    PLUGIN_NAME = "custom"

    def __init__(self, *args: Any, **more: Any) -> None:
        """Take what hatch gives."""
        super().__init__(*args, **more)
        self._made: list[Path] = []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Lay the stylesheet into the package, or warn that there is none."""
        if self.target_name != "wheel" or version != "standard":
            return
        try:
            css = neutral(_fetched())
        except (OSError, KeyError, ValueError, subprocess.SubprocessError, tarfile.TarError) as why:
            self.app.display_warning(f"The pages will have the plain stylesheet: {why}")
            return
        with tempfile.NamedTemporaryFile("w", suffix=".css", delete=False) as file:
            file.write(css)
        self._made.append(Path(file.name))
        build_data["force_include"][file.name] = "desk/static/govuk-frontend.min.css"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Take away what was fetched: it lies in the wheel now."""
        del version, build_data, artifact_path
        for path in self._made:
            path.unlink(missing_ok=True)


def _fetched() -> str:
    npm = shutil.which("npm")
    if npm is None:
        message = "npm is not installed"
        raise OSError(message)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(  # noqa: S603 -- fixed words, and npm by its whole path
            [npm, "pack", f"govuk-frontend@{VERSION}", "--silent", "--pack-destination", folder],
            check=True,
            capture_output=True,
            timeout=_PATIENCE_S,
        )
        (package,) = Path(folder).glob("*.tgz")
        with tarfile.open(package) as files:
            member = files.extractfile(INSIDE)
            return member.read().decode() if member else ""
