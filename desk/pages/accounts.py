"""Setting accounts: for administrators, who read no enquiry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from daemon.accounts import AccountError
from desk.asking import go_to
from desk.forms import AccountForm, RolesForm, options
from desk.rendering import page

if TYPE_CHECKING:
    from starlette.responses import Response

    from desk.asking import Asked

_UNKNOWN, _REFUSED = 404, 422


def _roles(asked: Asked) -> list[tuple[str, str]]:
    return [(one.id, one.name) for one in asked.office.config.desk.role]


def accounts(asked: Asked) -> Response:
    """Show every account."""
    names = dict(_roles(asked))
    return page(asked, "accounts.html", accounts=asked.office.accounts.listed(), names=names)


def new(asked: Asked) -> Response:
    """Make an account, and show the link with which its owner sets a password."""
    form = AccountForm(asked.form if asked.is_post else None)
    form.roles.choices = options(_roles(asked))
    if asked.is_post and form.validate():
        try:
            key = asked.office.accounts.add(
                form.name.data or "",
                display_name=form.display_name.data or "",
                address=form.address.data or "",
                roles=form.roles.data or (),
                by=asked.who.name,
            )
        except AccountError as error:
            return page(asked, "account-new.html", form=form, wrong=str(error), status=_REFUSED)
        return _link(asked, form.name.data or "", key)
    status = _REFUSED if asked.is_post else 200
    return page(asked, "account-new.html", form=form, wrong="", status=status)


def _link(asked: Asked, name: str, key: str) -> Response:
    desk = asked.office.config.desk
    link = f"{desk.site.url}/welcome/{key}"
    return page(asked, "account-link.html", name=name, link=link, hours=desk.sign_in.link_hours)


def account(asked: Asked) -> Response:
    """Show an account, and change it: roles, a new link, off and on."""
    name = asked.path("name")
    one = next((a for a in asked.office.accounts.listed() if a.name == name), None)
    if one is None:
        raise HTTPException(_UNKNOWN)
    form = RolesForm(asked.form if asked.is_post else None)
    form.roles.choices = options(_roles(asked))
    if not asked.is_post:
        form.roles.data = list(one.roles)
        return page(asked, "account.html", account=one, form=form, wrong="")
    accounts, by = asked.office.accounts, asked.who.name
    try:
        match asked.text("do"):
            case "link":
                return _link(asked, name, accounts.new_link(name, by=by))
            case "off":
                asked.say(accounts.switch(name, on=False, by=by))
            case "on":
                asked.say(accounts.switch(name, on=True, by=by))
            case _:
                if not form.validate():
                    return page(
                        asked, "account.html", account=one, form=form, wrong="", status=_REFUSED
                    )
                asked.say(accounts.set_roles(name, form.roles.data or (), by=by))
    except AccountError as error:
        return page(
            asked, "account.html", account=one, form=form, wrong=str(error), status=_REFUSED
        )
    return go_to(f"/accounts/{name}")
