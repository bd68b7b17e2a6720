"""Signing in and out, and setting a password with a link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from daemon.accounts import AccountError
from desk.asking import CSRF, SESSION_KEY, go_to, own_path
from desk.forms import PasswordForm, SignInForm
from desk.rendering import page

if TYPE_CHECKING:
    from starlette.responses import Response

    from desk.asking import Asked
    from desk.office import Office

_WRONG = "Name and password do not match. Try again, or ask your administrator for a new link."
_SIGNED_OUT, _UNKNOWN, _TOO_MANY = 401, 404, 429
_HIDDEN = frozenset({CSRF, "version", "next"})
_FROM_ONE_MACHINE = 4  # times as many as for one name: a whole office may share an address


class Patience:
    """Counts failures to sign in, by name and by machine; each process has its own count."""

    def __init__(self, office: Office) -> None:
        """Take the limits from the config."""
        rules = office.config.desk.sign_in
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._by_name = RateLimitItemPerMinute(rules.failures, rules.minutes)
        self._by_machine = RateLimitItemPerMinute(rules.failures * _FROM_ONE_MACHINE, rules.minutes)

    def is_at_an_end(self, name: str, machine: str) -> bool:
        """Whether so many have failed that all must wait."""
        return not (
            self._limiter.test(self._by_name, "name", name)
            and self._limiter.test(self._by_machine, "machine", machine)
        )

    def failed(self, name: str, machine: str) -> None:
        """Count a failure."""
        self._limiter.hit(self._by_name, "name", name)
        self._limiter.hit(self._by_machine, "machine", machine)


def sign_in(asked: Asked) -> Response:
    """Ask for name and password, or send to the office's own service."""
    if asked.person is not None:
        return go_to("/")
    rules = asked.office.config.desk.sign_in
    form = SignInForm(asked.form if asked.is_post else None)
    after = own_path(asked.text("next") if asked.is_post else asked.query("next"))
    if not asked.is_post or not rules.passwords:
        return page(asked, "sign-in.html", form=form, after=after, wrong="")
    if not form.validate():
        return page(asked, "sign-in.html", form=form, after=after, wrong="", status=422)
    patience: Patience = asked.request.app.state.patience
    name = (form.name.data or "").strip().lower()
    machine = asked.request.client.host if asked.request.client else ""
    if patience.is_at_an_end(name, machine):
        wrong = f"Too many have failed to sign in. Wait {rules.minutes} minutes, then try again."
        return page(asked, "sign-in.html", form=form, after=after, wrong=wrong, status=_TOO_MANY)
    key = asked.office.accounts.sign_in(name, form.password.data or "")
    if key is None:
        patience.failed(name, machine)
        return page(asked, "sign-in.html", form=form, after=after, wrong=_WRONG, status=422)
    asked.begin(key)
    return go_to(after)


def sign_out(asked: Asked) -> Response:
    """End the session."""
    asked.office.accounts.sign_out(str(asked.request.session.get(SESSION_KEY, "")))
    asked.end()
    asked.say("You are signed out.")
    return go_to("/sign-in")


def signed_out(asked: Asked) -> Response:
    """Give back what somebody typed whose session ended meanwhile: nothing was saved of it."""
    typed = [
        (name, value)
        for name, value in asked.form.multi_items()
        if isinstance(value, str) and name not in _HIDDEN and len(value.split()) > 1
    ]
    back = own_path(asked.request.url.path)
    return page(asked, "signed-out.html", typed=typed, back=back, status=_SIGNED_OUT)


def welcome(asked: Asked) -> Response:
    """Let the owner of a link set a password."""
    key = asked.path("key")
    name = asked.office.accounts.welcomed(key)
    if not name:
        return page(asked, "link-ended.html", status=_UNKNOWN)
    form = PasswordForm(asked.form if asked.is_post else None)
    if asked.is_post and form.validate():
        try:
            asked.office.accounts.set_password(key, form.password.data or "")
        except AccountError as error:
            form.password.errors = [str(error)]
        else:
            asked.end()
            asked.say("Your password is set. Sign in with it.")
            return go_to("/sign-in")
    status = 422 if asked.is_post else 200
    return page(asked, "welcome.html", form=form, name=name, status=status)
