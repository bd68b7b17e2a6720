"""The composition root: config becomes real objects, ticks, threads, and an orderly stop.

Only this room reads the clock, sees concrete connectors and knows the scheduler.
"""

from daemon.app.daemon import App
from daemon.app.leases import AlreadyRunningError, names_for
from daemon.app.listener import ask
from daemon.app.networks import NETWORKS, Networks, mistakes, network_of
from daemon.app.parts import (
    anchor_file,
    connect_store,
    load_templates,
    make_accounts,
    make_auditor,
    make_casework,
    make_inbox,
    make_live_classifier,
    make_looking,
    make_networks,
    make_outlet,
    make_packer,
    make_privacy,
    make_quarantine,
    make_recorder,
    make_revision,
    make_signer,
    office_text,
    open_store,
    own_version,
    read_clock,
    template_files,
)
from daemon.app.reader import AskedAnew
from daemon.app.signing_in import SignIns

__all__ = [
    "NETWORKS",
    "AlreadyRunningError",
    "App",
    "AskedAnew",
    "Networks",
    "SignIns",
    "anchor_file",
    "ask",
    "connect_store",
    "load_templates",
    "make_accounts",
    "make_auditor",
    "make_casework",
    "make_inbox",
    "make_live_classifier",
    "make_looking",
    "make_networks",
    "make_outlet",
    "make_packer",
    "make_privacy",
    "make_quarantine",
    "make_recorder",
    "make_revision",
    "make_signer",
    "mistakes",
    "names_for",
    "network_of",
    "office_text",
    "open_store",
    "own_version",
    "read_clock",
    "template_files",
]
