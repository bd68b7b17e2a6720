"""Every mistake in the config is told at once, by file and key, with what to do."""

import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daemon import config
from daemon.app.parts import office_text
from daemon.config.files import FILE_NAMES, OPTIONAL
from tests.unit.config_folders import IMAP, SHIPPED, Folder, the_only


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


def test_every_kind_of_mistake_is_reported_at_once(folder):
    """One look shows them all, by file and key, each with what to do."""
    folder.secret("far", mode=0o644)
    folder.change("office.toml", 'phone = "0345', 'fone = "0345')
    folder.change("office.toml", 'message_id_domain = "ombudsman.example"', "message_id_domain = 3")
    folder.change("office.toml", "returns@ombudsman.example", "returns@elsewhere.example")
    folder.change("stakeholders.toml", '"oakes-casework.example"', '"parliament.uk"')
    folder.add("inboxes.toml", IMAP)
    folder.add("inboxes.toml", IMAP.replace("file:far", "hunter2-literal"))
    folder.change("outlets.toml", 'notices = "notices"', 'notices = "notice"')
    folder.change("outlets.toml", "sent/notices", "inboxes/./ceo")
    folder.change("routes.toml", 'intake = "intake"\ncustomer', 'intake = "in-take"\ncustomer')
    folder.change("routes.toml", 'press = "external-affairs"', 'pres = "legal"')
    folder.change("clocks.toml", "remind_hour = 9", "remind_hour = 24")
    folder.write("arrangements.toml", "[[arrangement]\n")
    folder.change("daemon.toml", '"info"', '"loud"')
    folder.write("rules.toml", "[[rule]]\nname = 3\n")
    (folder.path / "teams.toml").rename(folder.path / "team.toml")
    found = folder.mistakes()
    assert {place for place in found if place[0] != "rules.toml"} == {
        ("arrangements.toml", ""),
        ("clocks.toml", "clocks.remind_hour"),
        ("daemon.toml", "log.level"),
        ("inboxes.toml", "inbox[5].password"),
        ("inboxes.toml", "inbox[6].folder"),
        ("inboxes.toml", "inbox[6].name"),
        ("inboxes.toml", "inbox[6].password"),
        ("office.toml", "office.bounce_address"),
        ("office.toml", "office.fone"),
        ("office.toml", "office.message_id_domain"),
        ("office.toml", "office.phone"),
        ("outlets.toml", 'outlet "notices".path'),
        ("outlets.toml", "use.notices"),
        ("routes.toml", "suggestions.pres"),
        ("stakeholders.toml", 'mp_office "north-fenwick".domains'),
        ("team.toml", ""),
        ("teams.toml", ""),
    }
    assert any(file == "rules.toml" for file, _ in found)
    assert "line 1" in found["arrangements.toml", ""]
    assert 'Did you mean "phone"?' in found["office.toml", "office.fone"]
    assert 'Did you mean "notices"?' in found["outlets.toml", "use.notices"]
    assert 'Did you mean "press"?' in found["routes.toml", "suggestions.pres"]
    assert 'Did you mean "teams.toml"?' in found["team.toml", ""]
    assert not any("hunter2" in why for why in found.values())


def test_errors_print_one_a_line_in_the_order_of_files(folder):
    """What the command prints: file, key, sentence."""
    folder.change("office.toml", "textphone =", "textfone =")
    folder.change("daemon.toml", "batch = 50", "batch = 0")
    with pytest.raises(config.ConfigErrors) as caught:
        folder.load()
    first, second, third = str(caught.value).splitlines()
    assert first == "daemon.toml: schedule.batch: Write a number from 1 upwards."
    assert second.startswith("office.toml: office.textfone: There is no key of this name here.")
    assert third.startswith("office.toml: office.textphone: This key is needed.")


def test_missing_folder_is_one_mistake(tmp_path):
    """A wrong --config is said once, not once a file."""
    with pytest.raises(config.ConfigErrors) as caught:
        config.load(tmp_path / "nowhere", env={})
    assert len(caught.value.errors) == 1


@pytest.mark.parametrize("name", sorted(set(FILE_NAMES) - OPTIONAL))
def test_every_file_is_needed(folder, name):
    """A missing file is reported by its name, and nothing follows from it."""
    (folder.path / name).unlink()
    place, why = the_only(folder.mistakes())
    assert place == (name, "")
    assert "missing" in why


def test_an_office_without_a_page_needs_no_file_for_it(folder):
    """An older config goes on working; there is no role, so nobody can sign in."""
    (folder.path / "desk.toml").unlink()
    assert folder.load().desk.role == ()


def test_the_sign_in_service_is_asked_over_https_with_a_secret_of_its_own(folder):
    """As the comment in the shipped file has it."""
    folder.secret("oidc", "a secret")
    service = '[oidc]\nname = "it"\nissuer = "https://login.example"\nclient_id = "a"\n'
    folder.add("desk.toml", service + 'client_secret = "file:oidc"\n')
    assert folder.load().desk.oidc.client_secret.read() == "a secret"
    folder.change("desk.toml", "https://login.example", "http://login.example")
    (file, where), why = the_only(folder.mistakes())
    assert (file, where) == ("desk.toml", "oidc.issuer")
    assert "https://" in why


@pytest.mark.parametrize(
    ("old", "new", "key", "says"),
    [
        ('"see-health"', '"see-heath"', "rights", "no right"),
        ('id = "reader"', 'id = "officer"', "id", "same id"),
        ('url = "http://127.0.0.1:8420"', 'url = "http://desk.example"', "url", "https://"),
        ('url = "http://127.0.0.1:8420"', 'url = "https://a.example/x"', "url", "up to the host"),
        ("idle_minutes = 60", "idle_minutes = 1", "idle_minutes", "5"),
    ],
)
def test_a_mistake_about_the_page_is_named(folder, old, new, key, says):
    """In desk.toml, by its key, with what would do."""
    folder.change("desk.toml", old, new)
    (file, where), why = the_only(folder.mistakes())
    assert file == "desk.toml"
    assert key in where
    assert says in why


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[office]\nname = unquoted\n", "line 2"),
        (b"[office]\nname = 'a'\nname = 'b'\n", "line 3"),
        (b"[office]\nname = 'caf\xe9'\n", "UTF-8"),
    ],
)
def test_unreadable_toml_says_where(folder, content, says):
    """Wrong syntax, a key twice and another encoding are told with their place."""
    (folder.path / "office.toml").write_bytes(content)
    place, why = the_only(folder.mistakes())
    assert place == ("office.toml", "")
    assert says in why


def test_a_folder_in_the_place_of_a_file_is_reported(folder):
    """Whatever keeps a file from being read is a mistake, not a crash."""
    (folder.path / "clocks.toml").unlink()
    (folder.path / "clocks.toml").mkdir()
    assert "cannot be read" in folder.mistakes()["clocks.toml", ""]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    key=st.text(string.ascii_lowercase + "_-", min_size=1, max_size=20),
    place=st.sampled_from(
        [
            ("office.toml", "[office]", "office.{}"),
            ("office.toml", "[directory]", "directory.{}"),
            ("inboxes.toml", '[[inbox]]\nname = "ceo"', 'inbox "ceo".{}'),
            ("outlets.toml", '[[outlet]]\nname = "notices"', 'outlet "notices".{}'),
            ("teams.toml", '[[team]]\nid = "intake"', 'team "intake".{}'),
            ("teams.toml", "[duty]", "duty.{}"),
            ("routes.toml", "[limits]", "limits.{}"),
            ("clocks.toml", "[clocks]", "clocks.{}"),
            ("daemon.toml", "[schedule]", "schedule.{}"),
            ("stakeholders.toml", "[chairs]", "chairs.{}"),
        ]
    ),
)
def test_unknown_keys_are_always_named(folder, key, place):
    """Whatever somebody mistypes, the message names that key in its table."""
    file, table, where = place
    original = (SHIPPED / file).read_text()
    start = original.index(f"\n{table}\n") + len(table) + 2
    folder.write(file, f"{original[:start]}zz-{key} = 1\n{original[start:]}")
    found, why = the_only(folder.mistakes())
    assert found == (file, where.format(f"zz-{key}"))
    assert "no key of this name" in why
    folder.write(file, original)


@pytest.mark.parametrize(
    ("file", "old", "new", "key", "says"),
    [
        ("office.toml", "[office]", "[ofice]", "ofice", 'mean "office"'),
        ("office.toml", 'prefix = "PH"', 'prefix = "ph1"', "office.reference_prefix", "pattern"),
        (
            "office.toml",
            '"customer.care@ombudsman.example"',
            '"Care <customer.care@ombudsman.example>"',
            "office.from_address",
            "without a name",
        ),
        (
            "office.toml",
            '"assurance@ombudsman.example"',
            '"assurance+x@ombudsman.example"',
            "office.signed_address",
            "token",
        ),
        (
            "office.toml",
            '"assurance@ombudsman.example"',
            '"casework.assurance@ombudsman.example"',
            "office.signed_address",
            "at most 15",
        ),
        (
            "office.toml",
            'own_domains = ["ombudsman.example"]',
            'own_domains = ["ombudsman.example", "@x.example"]',
            "directory.own_domains[2]",
            "bare domain",
        ),
        ("office.toml", '"https://www', '"www', "office.routing_diagram_url", "https://"),
        ("office.toml", '"0345 015 4033"', '"0345\\n015"', "office.phone", "one line"),
        ("office.toml", '["mx.', '["https://mx.', "directory.own_servers[1]", "host name"),
        ("inboxes.toml", 'box = "ceo"', 'box = "post"', 'inbox "ceo".box', "these boxes"),
        ("inboxes.toml", 'box = "ceo"', 'box = "c-e-o"', 'inbox "ceo".box', 'mean "ceo"'),
        (
            "inboxes.toml",
            'box = "ceo"\nkind = "maildir"',
            'box = "ceo"',
            'inbox "ceo".kind',
            "kind",
        ),
        (
            "inboxes.toml",
            'box = "ceo"\nkind = "maildir"',
            'box = "ceo"\nkind = "mail-dir"',
            'inbox "ceo".kind',
            'mean "maildir"',
        ),
        ("inboxes.toml", '"inboxes/ceo"', "7", 'inbox "ceo".path', "path in quotes"),
        ("inboxes.toml", '"inboxes/ceo"', '""', 'inbox "ceo".path', "path in quotes"),
        (
            "inboxes.toml",
            'path = "inboxes/ceo"',
            'path = "inboxes/ceo"\nwhen_done = "flag"',
            'inbox "ceo".when_done',
            '"leave" or "move"',
        ),
        (
            "inboxes.toml",
            'path = "inboxes/ceo"',
            'path = "inboxes/ceo"\ngo_live = 2026-01-05T09:00:00',
            'inbox "ceo".go_live',
            "time zone",
        ),
        (
            "inboxes.toml",
            'path = "inboxes/ceo"',
            'path = "inboxes/ceo"\npoll_s = "2"',
            'inbox "ceo".poll_s',
            "without quotes",
        ),
        (
            "inboxes.toml",
            'address = "chief.executive@ombudsman.example"',
            'address = "chief.executive@stranger.example"',
            'inbox "ceo".address',
            "not the office's own",
        ),
        (
            "inboxes.toml",
            'path = "inboxes/ceo"',
            'path = "inboxes/ceo"\ngo_live = "soon"',
            'inbox "ceo".go_live',
            "2026-01-31T09:00:00Z",
        ),
        ("inboxes.toml", 'name = "ceo"', 'name = "C E O"', "inbox[2].name", "small letters"),
        ("inboxes.toml", '"inboxes/ceo"', '"x/../inboxes/intake"', 'inbox "intake".path', "same"),
        ("teams.toml", "[duty]", "[[duty]]", "duty", "table"),
        ("teams.toml", '["it.operations@ombudsman.example"]', "[]", "operators.addresses", "least"),
        (
            "teams.toml",
            '"intake.manager@ombudsman.example"',
            '"intake.manager@gmail.example"',
            'team "intake".holder',
            "not the office's own",
        ),
        (
            "teams.toml",
            '"duty.second@ombudsman.example"',
            '"second@gmail.example"',
            "duty.second[1]",
            "not the office's own",
        ),
        (
            "teams.toml",
            '"it.operations@ombudsman.example"',
            '"support@supplier.example"',
            "operators.addresses[1]",
            "not the office's own",
        ),
        (
            "inboxes.toml",
            'path = "inboxes/ceo"',
            'path = "inboxes/ceo"\nmax_message_mb = 101',
            'inbox "ceo".max_message_mb',
            "up to 100",
        ),
        (
            "daemon.toml",
            '"sqlite:///assurance.db"',
            '"postgresql+psycopg://a@h/d"',
            "signing.keys",
            "same signing keys",
        ),
        (
            "stakeholders.toml",
            'id = "harrowby-and-stane"',
            'id = "north-fenwick"',
            "mp_office[2].id",
            "its own",
        ),
        (
            "routes.toml",
            'follow-up-decision = "operations"',
            'follow-up-decision = "operation"',
            "suggestions.follow-up-decision",
            'mean "operations"',
        ),
        ("routes.toml", "per_address = 4", "per_address = true", "limits.per_address", "whole"),
        (
            "clocks.toml",
            "[60, 90, 120, 150]",
            "[60, 60]",
            "clocks.vulnerable_steps_minutes",
            "larger",
        ),
        ("clocks.toml", "remind_hour = 9", 'remind_hour = "9"', "clocks.remind_hour", "whole"),
        (
            "stakeholders.toml",
            '"penhale-office.example"',
            '"oakes-casework.example"',
            'mp_office "harrowby-and-stane".domains',
            "one MP",
        ),
        ("daemon.toml", '"sqlite:///assurance.db"', '"sqlite://"', "store.url", "Name a file"),
        ("daemon.toml", '"sqlite:///assurance.db"', '"mysql://h/d"', "store.url", "postgresql"),
        (
            "daemon.toml",
            '"sqlite:///assurance.db"',
            '"postgresql+psycopg://a:hunter2@h/d"',
            "store.url",
            "password out",
        ),
        (
            "daemon.toml",
            '"sqlite:///assurance.db"',
            '"postgresql+psycopg://a@h/d?password=hunter2"',
            "store.url",
            "password out",
        ),
        ("daemon.toml", 'state = ""', 'state = "var"', "paths.state", "begins with /"),
        ("daemon.toml", 'templates = ""', 'templates = "none"', "paths.templates", "no such"),
    ],
)
def test_one_mistake_gives_one_sentence(folder, file, old, new, key, says):
    """Each kind of mistake is told once, at its key, and says what to write."""
    folder.change(file, old, new)
    found = folder.mistakes()
    why = found.pop((file, key))
    assert says in why
    assert "hunter2" not in why
    if key == "ofice":  # the table that is now missing is told too
        assert set(found) == {(file, "office")}
    else:
        assert found == {}


def test_a_mistake_in_the_only_entry_of_a_list_is_the_only_one(folder):
    """The entry is there: nobody is told to list one."""
    folder.write(
        "outlets.toml",
        '[[outlet]]\nname = "relay"\nkind = "smtp"\nhost = "localhost"\ntls = "none"\n'
        'connections = 0\n[use]\nacknowledgements = "relay"\nnotices = "relay"\n',
    )
    assert folder.mistakes() == {
        ("outlets.toml", 'outlet "relay".connections'): "Write a number from 1 upwards."
    }
    folder.write("outlets.toml", 'outlet = []\n[use]\nacknowledgements = "a"\nnotices = "a"\n')
    assert "List at least 1." in folder.mistakes().values()


def test_people_outside_our_domains_may_be_told_when_listed(folder):
    """A duty officer with another address is written to once own_addresses names it."""
    folder.change("teams.toml", '"duty.officer@ombudsman.example"', '"Second@Trust.example"')
    folder.change("office.toml", "own_addresses = []", 'own_addresses = ["second@trust.example"]')
    loaded = folder.load()
    assert loaded.policy.duty[0] == "second@trust.example"
    assert office_text(loaded).is_inside(loaded.policy.duty[0])
    assert not office_text(loaded).is_inside("third@trust.example")


@pytest.mark.parametrize("file", ["inboxes.toml", "outlets.toml"])
def test_a_file_in_the_place_of_a_mail_folder_is_reported(folder, file):
    """Before anything is started, by its key."""
    path = {"inboxes.toml": "inboxes/ceo", "outlets.toml": "sent/notices"}[file]
    (folder.state / path).parent.mkdir(parents=True)
    (folder.state / path).write_text("")
    place, why = the_only(folder.mistakes())
    assert place[0] == file
    assert place[1].endswith(".path")
    assert "Name a folder" in why


@pytest.mark.parametrize(
    ("lines", "key", "says"),
    [
        ('instruction = "x"', "themes", "at least one"),
        ('instruction = "x"\nthemes = ["a b"]\nhandling = ["x"]', "handling", "tell-watchers"),
        ('instruction = ""\ndomains = ["a.example"]', "instruction", "Write something"),
        (
            'instruction = "x"\ndomains = ["a.example"]\nfrom = 2026-02-01\nuntil = 2026-01-01',
            "until",
            "before it begins",
        ),
        ('instruction = "x"\ndomains = ["a.example"]\nfrom = "soon"', "from", "2026-01-31"),
    ],
)
def test_arrangements_are_checked(folder, lines, key, says):
    """An arrangement is about somebody, asks for something, and ends after it begins."""
    folder.add("arrangements.toml", f'\n[[arrangement]]\nid = "one"\n{lines}\n')
    place, why = the_only(folder.mistakes())
    assert place == ("arrangements.toml", f'arrangement "one".{key}')
    assert says in why


AWAY = "\n[[absence]]\n"
CHRISTMAS = "from = 2026-12-24\nuntil = 2026-12-31\n"
NEW_YEAR = "from = 2026-12-31\nuntil = 2027-01-02\n"
TURN = '\n[[duty.turn]]\naddresses = ["a@ombudsman.example"]\n'


@pytest.mark.parametrize(
    ("lines", "key", "says"),
    [
        (
            f"{TURN}from = 2026-12-24\nuntil = 2026-12-20\n",
            "duty.turn[1].until",
            "before the first",
        ),
        (
            TURN + CHRISTMAS + TURN + NEW_YEAR,
            "duty.turn[2].from",
            "one turn",
        ),
        (
            AWAY + 'person = "x@else.example"\nfrom = 2026-01-01\nuntil = 2026-01-02\n',
            "absence[1].person",
            "not the office's own",
        ),
        (
            AWAY + 'person = "x@ombudsman.example"\nfrom = 2026-01-03\nuntil = 2026-01-02\n',
            "absence[1].until",
            "before the first",
        ),
    ],
)
def test_rota_and_absences_are_checked(folder, lines, key, says):
    """Whose day it is must be clear, and everybody one of ours."""
    folder.add("teams.toml", lines)
    place, why = the_only(folder.mistakes())
    assert place == ("teams.toml", key)
    assert says in why


LINES = [
    (file, line)
    for file in FILE_NAMES
    if file != "rules.toml"
    for line in (SHIPPED / file).read_text().splitlines()
    if line.startswith("[") or (" = " in line and not line.startswith("#"))
]
RELATED = {"routes.toml", "inboxes.toml", "teams.toml", "outlets.toml"}
ODD = ["3", '"x"', '""', "[1]", '["", {a = 1}]', "{a = 1}", "true", "2026-01-01", "nan", "[[[]]]"]


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(file_and_line=st.sampled_from(LINES), odd=st.sampled_from(ODD), which=st.integers(0, 50))
def test_no_value_makes_the_check_itself_fail(folder, file_and_line, odd, which):
    """Whatever stands at a key, and however a table is bracketed, it is told in sentences."""
    file, line = file_and_line
    lines = (SHIPPED / file).read_text().splitlines()
    places = [number for number, one in enumerate(lines) if one == line]
    brackets = f"[{line}]" if not line.startswith("[[") else line[1:-1]
    new = brackets if line.startswith("[") else f"{line.partition(' = ')[0]} = {odd}"
    lines[places[which % len(places)]] = new
    folder.write(file, "\n".join(lines))
    errors = folder.errors()
    assert {error.file for error in errors} <= RELATED | {file}
    assert all(error.why.endswith((".", "?")) for error in errors)
    assert not any("nput should" in error.why for error in errors)
    folder.write(file, (SHIPPED / file).read_text())
