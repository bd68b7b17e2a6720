"""The commands about classification itself: `learn` and `evaluate`."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from daemon.app import (
    connect_store,
    load_templates,
    make_casework,
    make_revision,
    make_signer,
    read_clock,
)
from daemon.backtest import Redecision, Replay
from daemon.commands.options import ConfigOption, JsonOption, StateOption
from daemon.console import (
    as_word,
    change_line,
    changes_table,
    comparison_table,
    confusions_table,
    figures_table,
)
from daemon.deadlines import LONDON
from daemon.evaluate import confusions, table
from daemon.explain import Judge
from daemon.learning import (
    LearningError,
    case_of,
    compare,
    correction_of,
    digest_of,
    gather,
    learn_from,
    unseen_answers,
)
from daemon.lines import read_examples
from daemon.shelf import Shelf, ShelfError
from daemon.startup import (
    EX_DATAERR,
    EX_NOINPUT,
    EX_OK,
    EX_TEMPFAIL,
    EX_USAGE,
    AdoptedModel,
    config_folder,
    connect,
    fail,
    load_config,
    refusing,
    say,
    share,
    template_folders,
)
from daemon.store import StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from daemon.backtest import Change
    from daemon.classify import Example
    from daemon.config import Config
    from daemon.learning import Candidate, Compared
    from daemon.shelf import Adopted


def learn(
    config: ConfigOption = None,
    state: StateOption = None,
    adopt: Annotated[bool, typer.Option("--adopt", help="Have the new model serve.")] = False,
    back: Annotated[
        bool, typer.Option("--back", help="Have the model serve that served before.")
    ] = False,
    by: Annotated[str, typer.Option("--by", help="Who adopts or goes back: your name.")] = "",
    if_needed: Annotated[
        bool, typer.Option("--if-needed", help="Only if examples, rules or code have changed.")
    ] = False,
    as_json_: JsonOption = False,
) -> None:
    """Learn a model from the examples and corrections, and compare it with the one that serves.

    The first model serves at once; another one only on somebody's word (--adopt --by NAME).
    """
    if (adopt or back) and not by.strip():
        fail(EX_USAGE, "Say who decides this with --by NAME: it is recorded.")
    if adopt and back:
        fail(EX_USAGE, "Give --adopt or --back, not both.")
    loaded = load_config(config, state)
    shelf = Shelf.of(loaded.state_dir)
    try:
        if back:
            _go_back(loaded, shelf, by.strip(), as_json=as_json_)
        else:
            _learn(
                loaded,
                shelf,
                _examples_folder(config),
                adopt_by=by.strip() if adopt else "",
                if_needed=if_needed,
                as_json=as_json_,
            )
    except (ShelfError, LearningError) as error:
        fail(EX_DATAERR, str(error))
    except StoreUnavailableError as error:
        fail(EX_TEMPFAIL, str(error))


def _examples_folder(config: Path | None) -> Path:
    """Return where the examples lie: beside the config, else those that are shipped."""
    own = config_folder(config) / "examples"
    return own if own.is_dir() else share() / "config" / "examples"


def _go_back(config: Config, shelf: Shelf, by: str, *, as_json: bool) -> None:
    was = shelf.adopted()
    with refusing():
        now = shelf.go_back(now=read_clock())
    _record(config, was, now, by)
    if as_json:
        print(json.dumps({"adopted": now.version, "before": was.version if was else None}))
        return
    print(f"Model {now.version} serves again. A daemon that runs takes it up within a minute.")


def _learn(
    config: Config, shelf: Shelf, folder: Path, *, adopt_by: str, if_needed: bool, as_json: bool
) -> None:
    lessons = gather(folder, _corrections(config), config)
    place, adopted = _serving(config, shelf, replacing=bool(adopt_by))
    may_serve = adopted is None or (if_needed and not adopted.by_person)
    if if_needed and shelf.has(lessons.version):
        if may_serve and (adopted is None or adopted.version != lessons.version):
            shelf.adopt(lessons.version, by_person=False, now=read_clock(), last=adopted)
        say(f"Model {lessons.version} is learnt already.")
        return
    say(f"Learning from {len(lessons.examples)} examples by {len(lessons.by_writer)} writers …")
    judge = Judge.of(config.rules, config.policy, read_clock)
    with refusing():
        candidate = learn_from(lessons, shelf, judge, learnt_at=read_clock().isoformat())
    last = _without_unreadable(place, adopted)
    compared = (
        compare(lessons, candidate, place, last.version, judge)
        if last is not None and last.version != lessons.version
        else []
    )
    serves = adopted
    if adopt_by or may_serve:
        with refusing():
            if last is not None:
                shelf.take_over(last.version, place)
            serves = shelf.adopt(
                lessons.version, by_person=bool(adopt_by), now=read_clock(), last=last
            )
        if adopt_by:
            _record(config, adopted, serves, adopt_by)
    if as_json:
        print(json.dumps(_as_json(candidate, compared, serves)))
        return
    _print(candidate, compared, serves, shelf)


def _serving(config: Config, shelf: Shelf, *, replacing: bool) -> tuple[Shelf, Adopted | None]:
    """Return which model serves and where it lies; a note that is broken is there to be replaced.

    Raises:
        ShelfError: the note cannot be read, and nobody asks for another.
    """
    try:
        return AdoptedModel.of(config).found() or (shelf, None)
    except ShelfError:
        if not replacing:
            raise
        return shelf, None


def _without_unreadable(place: Shelf, adopted: Adopted | None) -> Adopted | None:
    """Return the model to compare with and to go back to: what cannot be read is neither."""
    while adopted is not None:
        try:
            place.load(adopted.version)
        except ShelfError as error:
            say(f"There is no going back to {adopted.version}: {error}")
            before = adopted.before
            adopted = replace(adopted, version=before[0], before=before[1:]) if before else None
        else:
            return adopted
    return None


def _corrections(config: Config) -> list[Example]:
    """Return what officers have corrected; nothing where there is no store yet.

    Raises:
        StoreUnavailableError: the database does not answer.
    """
    if not _has_store(config):
        return []
    with refusing():
        store = connect_store(config)
    try:
        with store.read() as tx:
            corrected = [
                (tx.kept(one), tx.attachment_text(one), tx.classification_of(one))
                for one in tx.corrected_ids()
            ]
        return [
            correction_of(kept, attached, found)
            for kept, attached, found in corrected
            if found is not None
        ]
    finally:
        store.close()


def _record(config: Config, was: Adopted | None, now: Adopted, by: str) -> None:
    """Write down who had another model serve, where there is a store to write to."""
    if not _has_store(config):
        return
    with refusing():
        store = connect_store(config)
        casework = make_casework(config, store, load_templates(*template_folders(config)))
    try:
        casework.model_adopted(now.version, before=was.version if was else "", by=by)
    finally:
        store.close()


def _has_store(config: Config) -> bool:
    """Whether a daemon has worked here: a SQLite file that is not there is not made."""
    name = config.store_url.removeprefix("sqlite:///")
    return name == config.store_url or Path(name).is_file()


def _as_json(
    candidate: Candidate, compared: Sequence[Compared], serves: Adopted | None
) -> dict[str, object]:
    return {
        "version": candidate.model.version,
        "adopted": serves.version if serves else None,
        "figures": [figure.as_json() for figure in candidate.figures],
        "compared": [
            {
                "key": one.now.key,
                "share": one.now.share,
                "before": one.before.share,
                "low": one.low,
                "high": one.high,
            }
            for one in compared
        ],
    }


def _print(
    candidate: Candidate, compared: Sequence[Compared], serves: Adopted | None, shelf: Shelf
) -> None:
    console = Console()
    console.print("Each example was judged by weights learnt from other writers:")
    console.print(comparison_table(compared) if compared else figures_table(candidate.figures))
    version = candidate.model.version
    if serves is not None and serves.version == version:
        print(f"Model {version} serves. A daemon that runs takes it up within a minute.")
        return
    print(f"Model {version} lies in {shelf.folder}. To have it serve:")
    print("    assurance learn --adopt --by NAME")


def evaluate(
    path: Annotated[Path, typer.Argument(metavar="FILE.jsonl", help="Labelled messages.")],
    config: ConfigOption = None,
    state: StateOption = None,
    as_json_: JsonOption = False,
) -> None:
    """Compare what labelled messages are taken for with their labels: one table."""
    loaded = load_config(config, state)
    try:
        content = path.read_bytes()
    except OSError as error:
        fail(EX_NOINPUT, f"{path}: cannot be read ({error.strerror}).")
    read = read_examples(content, path=str(path), writer=path.stem)
    for mistake in read.mistakes:
        say(mistake)
    judge, known = judge_of(loaded), _learnt_from(loaded)
    learnt = sum(digest_of(one) in known for one in read.examples)
    if learnt:
        say(f"The model has learnt from {learnt} of these: others' weights judge them.")
    cases = [case_of(one, judge, known.get(digest_of(one))) for one in read.examples]
    figures, mistaken = table(cases), confusions(cases)
    if as_json_:
        rows = [figure.as_json() for figure in figures]
        pairs = [{"is": was, "taken_for": taken, "count": n} for was, taken, n in mistaken]
        print(json.dumps({"figures": rows, "confusions": pairs}))
    else:
        console = Console()
        console.print(figures_table(figures))
        console.print(confusions_table(mistaken))
    raise typer.Exit(EX_DATAERR if read.mistakes else EX_OK)


def backtest(
    config: Annotated[Path, typer.Option("--config", help="The draft config folder.")],
    live: Annotated[
        Path | None,
        typer.Option("--live", help="The config folder that serves; the shipped one by default."),
    ] = None,
    state: StateOption = None,
    model: Annotated[
        str, typer.Option("--model", help="A model's version to try; else the adopted one.")
    ] = "",
    since: Annotated[
        datetime | None,
        typer.Option(
            "--since", formats=["%Y-%m-%d"], help="Only what was received from that day on."
        ),
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Have open enquiries follow; asks before it does.")
    ] = False,
    by: Annotated[str, typer.Option("--by", help="Who applies it: your name.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Apply without asking: for scripts.")] = False,
    as_json_: JsonOption = False,
) -> None:
    """Replay the store through draft rules, thresholds or another model: what would change?

    Writes nothing without --apply. The store is that of the config that serves (--live).
    """
    if apply and not by.strip():
        fail(EX_USAGE, "Say who applies it with --by NAME: it is recorded.")
    if apply and as_json_ and not yes:
        fail(EX_USAGE, "With --json nobody can be asked: give --yes to apply.")
    serving, draft = load_config(live, state), load_config(config, state)
    since_at = since.replace(tzinfo=LONDON) if since else None
    if apply:
        judge = _judge_with(draft, serving, model)
        _apply(serving, draft, judge, since_at, by=by.strip(), yes=yes, as_json=as_json_)
        return
    replay = Replay(
        store=connect(serving),
        now=judge_of(serving),
        draft=_judge_with(draft, serving, model),
    )
    counts: Counter[tuple[str, str, str]] = Counter()
    try:
        for change in replay.changes(since_at=since_at):
            if as_json_:
                print(json.dumps(_change_as_json(change)))
            counts.update(
                (key, as_word(before), as_word(after))
                for key, (before, after) in change.changes.items()
            )
            if not as_json_:
                Console(soft_wrap=True).print(change_line(change))
    except StoreUnavailableError as error:
        fail(EX_TEMPFAIL, str(error))
    finally:
        replay.store.close()
    if not as_json_:
        Console().print(changes_table(counts))
    say(f"{replay.replayed} messages were replayed. Nothing was changed.")


def _apply(
    serving: Config,
    draft: Config,
    judge: Judge,
    since_at: datetime | None,
    *,
    by: str,
    yes: bool,
    as_json: bool,
) -> None:
    """Have open enquiries follow the draft, once somebody has seen which and said so."""
    store = connect(serving)
    with refusing():
        templates = load_templates(*template_folders(serving))
        redecision = Redecision(
            store=store,
            now=judge_of(serving),
            draft=judge,
            revision=make_revision(serving, templates, policy=draft.policy),
            signer=make_signer(serving),
            clock=read_clock,
        )
    try:
        changes = list(redecision.changes(since_at=since_at))
        for change in changes:
            if as_json:
                print(json.dumps(_change_as_json(change)))
            else:
                Console(soft_wrap=True).print(change_line(change))
        enquiries = len({change.reference for change in changes})
        say(f"{redecision.judged} messages of open enquiries were judged by the draft.")
        if not changes:
            say("None of them would change. Nothing was changed.")
            return
        question = f"Have {enquiries} open enquiries follow? What was sent stays sent."
        if not yes and not typer.confirm(question, err=True):
            say("Nothing was changed.")
            return
        done = redecision.apply(changes, by=by)
        say(f"{done} messages are taken for something else now; their enquiries follow.")
    except StoreUnavailableError as error:
        fail(EX_TEMPFAIL, str(error))
    finally:
        store.close()


def _judge_with(draft: Config, serving: Config, version: str) -> Judge:
    """Return a judge by the draft, and by the model that is to be tried."""
    if not version:
        return judge_of(draft)
    try:
        learned = Shelf.of(serving.state_dir).load(version)
    except ShelfError as error:
        fail(EX_DATAERR, str(error))
    return Judge.of(draft.rules, draft.policy, read_clock, learned=learned)


def _change_as_json(change: Change) -> dict[str, object]:
    return {
        "message": change.message_id,
        "reference": change.reference or None,
        "changes": {key: {"from": a, "to": b} for key, (a, b) in change.changes.items()},
        "category_by_person": change.person_said or None,
    }


def _learnt_from(config: Config) -> Mapping[str, NDArray[np.float64]]:
    """Return what the adopted model would have said of its own examples, had it not seen them."""
    try:
        found = AdoptedModel.of(config).found()
    except ShelfError:
        return {}
    return unseen_answers(found[0], found[1].version) if found else {}


def judge_of(config: Config) -> Judge:
    """Return a judge by this config and its adopted model, and say where there is none."""
    learned, why = AdoptedModel.of(config).load()
    if learned is None:
        say(f"Facts and rules alone decide: {why}")
    return Judge.of(config.rules, config.policy, read_clock, learned=learned)
