"""The command `assurance desk`: the page, served until it is asked to stop."""

from __future__ import annotations

import gc
import socket
import sys
import threading
from typing import TYPE_CHECKING

import typer

from daemon import logs
from daemon.app import (
    AskedAnew,
    load_templates,
    make_accounts,
    make_casework,
    make_live_classifier,
    make_looking,
    make_recorder,
    make_revision,
    make_signer,
    open_store,
    read_clock,
)
from daemon.commands.options import ConfigOption, StateOption
from daemon.explain import Judge
from daemon.service import Stop
from daemon.startup import (
    EX_CONFIG,
    EX_UNAVAILABLE,
    AdoptedModel,
    fail,
    load_config,
    refusing,
    say,
    template_folders,
)

if TYPE_CHECKING:
    import uvicorn

    from daemon.config import Config
    from daemon.store import Store
    from desk.office import Office

# The pages are loaded where they are served: the daemon, which knows this command as it knows all
# others, has no use for them, and they take 10 MB.


def make_office(config: Config, store: Store) -> Office:
    """Return what the pages are made of.

    Raises:
        OSError, ValueError: a signing key or template cannot be read.
    """
    from desk.office import Office  # noqa: PLC0415 -- see above

    templates = load_templates(*template_folders(config))
    live = make_live_classifier(config, AdoptedModel.of(config))
    live.refresh()
    return Office(
        config=config,
        accounts=make_accounts(config, store),
        casework=make_casework(config, store, templates),
        looking=make_looking(config, store),
        recorder=make_recorder(config, store, templates, AskedAnew(live)),
        judge=lambda: Judge.by(live.now(), config.policy, read_clock),
        revision=make_revision(config, templates),
        cookie_key=make_signer(config).secret_for("cookie"),
        clock=read_clock,
    )


def settle() -> None:
    """Have the collector of garbage leave alone what stays: rules, model and templates.

    They are a million objects: looking through them cost a page a tenth of a second.
    """
    gc.collect()
    gc.freeze()


def make_server(config: Config, store: Store) -> uvicorn.Server:
    """Return the page's server, ready to run.

    Raises:
        OSError, ValueError: a signing key or template cannot be read.
    """
    import uvicorn  # noqa: PLC0415 -- see above

    from desk.serving import make_app  # noqa: PLC0415 -- see above

    listen, site = config.desk.listen, config.desk.site
    return uvicorn.Server(
        uvicorn.Config(
            make_app(make_office(config, store)),
            host=listen.host,
            port=listen.port,
            log_config=None,  # what is logged is ours to say: no addresses, no words
            access_log=False,
            server_header=False,
            proxy_headers=bool(site.proxies),
            forwarded_allow_ips=list(site.proxies),
            timeout_graceful_shutdown=5,
        )
    )


class Beside:
    """The page in a thread beside something else, with one account that may do everything."""

    def __init__(self, config: Config, store: Store) -> None:
        """Listen where the config says, or at a free port where that is taken.

        Raises:
            OSError, ValueError: no port is free, or a signing key or template cannot be read.
        """
        self._socket = _listening(config.desk.listen.host, config.desk.listen.port)
        self._server = make_server(config, store)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )
        host, port = self._socket.getsockname()[:2]
        key = make_accounts(config, store).add(
            "demo",
            display_name="Sam Okonedo",
            address=f"sam.okonedo@{config.office.from_address.rpartition('@')[2]}",
            roles=[one.id for one in config.desk.role],
            by="the demo",
        )
        self.link = f"http://{host}:{port}/welcome/{key}"
        """Where to choose a password for the account."""

    def start(self) -> None:
        """Serve."""
        self._thread.start()

    def stop(self) -> None:
        """End, within a few seconds."""
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._socket.close()


def _listening(host: str, port: int) -> socket.socket:
    for one in (port, 0):
        found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((host, one))
        except OSError:
            found.close()
            if one == 0:
                raise
        else:
            return found
    raise AssertionError  # pragma: no cover -- the last one is taken or raises


def desk(config: ConfigOption = None, state: StateOption = None) -> None:
    """Serve the page where Customer Care do the work, until it is asked to stop."""
    loaded = load_config(config, state)
    if not loaded.desk.role:
        fail(EX_CONFIG, "desk.toml names no roles. Copy it from the config that was shipped.")
    logs.configure(format=loaded.log.format, level=loaded.log.level, stream=sys.stderr)
    with refusing():
        server = make_server(loaded, open_store(loaded, lists=True))
        if not make_accounts(loaded, open_store(loaded)).listed():
            say("There is no account yet. Make the first with assurance account add.")
    say(f"The page is at {loaded.desk.site.url}. Press Ctrl-C to end.")
    settle()
    Stop().install()  # uvicorn hands on the signal it ended for: that is no reason to die of it
    server.run()
    if not server.started:
        listen = loaded.desk.listen
        fail(EX_UNAVAILABLE, f"{listen.host}:{listen.port} cannot be listened on. Is it taken?")


def register(app: typer.Typer) -> None:
    """Give the command its part."""
    app.command()(desk)
