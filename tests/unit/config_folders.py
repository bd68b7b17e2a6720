"""Config folders for tests: the shipped one, with what each test changes."""

import shutil
from pathlib import Path

from daemon import config

SHIPPED = Path(__file__).parents[2] / "config"
IMAP = """
[[inbox]]
name = "far"
box = "intake"
kind = "imap"
address = "far@ombudsman.example"
host = "imap.ombudsman.example"
username = "far"
password = "file:far"
go_live = 2026-07-01
"""
SMTP = """
[[outlet]]
name = "relay"
kind = "smtp"
host = "smtp.ombudsman.example"
"""


class Folder:
    """A config folder that starts as the shipped one, without its rules."""

    def __init__(self, path):
        self.path = path / "config"
        self.state = path / "state"
        self.env = {}
        shutil.copytree(SHIPPED, self.path, ignore=shutil.ignore_patterns("examples"))
        self.write("rules.toml", "")

    def write(self, name, text):
        (self.path / name).write_text(text, encoding="utf-8")
        return self

    def add(self, name, text):
        return self.write(name, (self.path / name).read_text() + text)

    def change(self, name, old, new):
        text = (self.path / name).read_text()
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        return self.write(name, text.replace(old, new))

    def secret(self, name, text="correct horse battery staple and more", mode=0o600):
        path = self.path / "secrets" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return self

    def load(self, **how):
        return config.load(self.path, env=self.env, **({"state_dir": self.state} | how))

    def errors(self):
        """Return the errors that loading brings, perhaps none."""
        try:
            self.load()
        except config.ConfigErrors as caught:
            return caught.errors
        return ()

    def mistakes(self):
        """Return what is wrong as {(file, key): why}; something must be."""
        found = {(error.file, error.key): error.why for error in self.errors()}
        assert found
        assert all(why.endswith((".", "?")) for why in found.values()), found
        return found


def the_only(mistakes):
    ((place, why),) = mistakes.items()
    return place, why
