"""The classifier that serves: it takes up another model when one is adopted, without a restart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from structlog.typing import FilteringBoundLogger

    from daemon.classify import Classifier, LearnedModel
    from daemon.model import Classification, Directory, Message


class ModelSource(Protocol):
    """Where the adopted model comes from."""

    def version(self) -> str:
        """Return which version is adopted; "" where none is, or the note cannot be read."""
        ...

    def load(self) -> tuple[LearnedModel | None, str]:
        """Return the adopted model, or none and a sentence that says why."""
        ...


@dataclass(frozen=True, slots=True)
class AskedAnew:
    """Classifies as a live classifier does that nothing refreshes by itself: it looks each time."""

    live: LiveClassifier

    def classify(self, message: Message) -> Classification:
        """Judge one message by itself."""
        return self.live.now().classify(message)


class LiveClassifier:
    """Classifies by the model that is adopted now, or by facts and rules alone, and says which."""

    def __init__(
        self,
        classifier: Classifier,
        models: ModelSource,
        log: FilteringBoundLogger,
        directory_now: Callable[[], Directory] | None = None,
    ) -> None:
        """Serve with a classifier; `directory_now` is the directory as it is on this day."""
        self._classifier, self._models, self._log = classifier, models, log
        self._directory_now = directory_now
        self._directory: Directory | None = None
        self.why = ""  # why the adopted model does not serve; "" where it does
        self._tried: str | None = None  # the version that was last asked for

    @property
    def version(self) -> str:
        """The version of what serves: rules, directory and model."""
        return self._classifier.version

    def classify(self, message: Message) -> Classification:
        """Judge one message by itself."""
        return self._classifier.classify(message)

    def now(self) -> Classifier:
        """Return what serves now, after looking whether it is another one."""
        self.refresh()
        return self._classifier

    def refresh(self) -> None:
        """Take up the adopted model, should it be another one than that which serves.

        One that cannot be read changes nothing but the log: what serves goes on. The directory
        is that of the day: at midnight somebody may stop being an MP.
        """
        self._follow_directory()
        version = self._models.version()
        if version == self._tried:
            return
        self._tried = version
        learned, self.why = self._models.load()
        if learned is None:
            self._log.warning("model_missing", why=self.why)
            return
        self._classifier = self._classifier.with_model(learned)
        self._log.info("model_adopted", version=learned.version)

    def _follow_directory(self) -> None:
        if self._directory_now is None:
            return
        directory = self._directory_now()
        if directory != self._directory:
            self._directory = directory
            self._classifier = self._classifier.with_directory(directory)
