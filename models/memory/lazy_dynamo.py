"""Keeps torch from loading its compiler where nobody compiles.

The first optimizer, the first fake tensor and the first embedding on the device "meta" import
torch._dynamo: 1.4 s of the processor and 73 MB in every training, for decorators that only matter
inside torch.compile (torch 2.13); several processes that train together each load it too. Here a
module takes its place that has those decorators and its settings. Whoever asks for anything else of
it (torch.export, torch.onnx, torch.compile) gets the real one, from then on.
"""

# ruff: noqa: PLC0415 - torch takes seconds to load; whoever calls this has loaded it
from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import sys
import threading
from dataclasses import dataclass
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NAME = "torch._dynamo"
SETTINGS = NAME + ".config"
SOURCES = NAME + ".source"

_LOCK = threading.RLock()


def spare_dynamo() -> None:
    """Puts the small module in the place of torch._dynamo, unless that is loaded already."""
    if NAME in sys.modules:
        return

    with _LOCK:
        if NAME not in sys.modules:
            _install()


def _install() -> None:
    import torch

    stand_in = _StandIn()
    sys.modules[NAME] = stand_in
    torch._dynamo = stand_in  # noqa: SLF001 - the module's name

    try:
        path = f"{torch.__path__[0]}/_dynamo/config.py"
        spec = importlib.util.spec_from_file_location(SETTINGS, path)
        assert spec is not None
        assert spec.loader is not None
        settings = importlib.util.module_from_spec(spec)
        sys.modules[SETTINGS] = settings
        spec.loader.exec_module(settings)
        stand_in.config = settings
        sys.modules[SOURCES] = _Sources(stand_in)
        sys.meta_path.insert(0, _Finder(stand_in))
    except Exception:  # another version of torch, with other files: it loads all of it
        for name in (SETTINGS, SOURCES, NAME):
            sys.modules.pop(name, None)
        del torch._dynamo  # noqa: SLF001 - as above


class _StandIn(ModuleType):
    """What optimizers and fake tensors use of torch._dynamo; all else loads the real one."""

    def __init__(self) -> None:
        super().__init__(NAME)
        self.__path__: list[str] = []
        self.config: ModuleType
        # A process group empties what nothing has filled, DistributedDataParallel asks for a mode.
        self.trace_rules = _Part("trace_rules", self, clear_lru_cache=_nothing)
        self.utils = _Part("utils", self, get_optimize_ddp_mode=lambda: "ddp_optimizer")

    @staticmethod
    def disable(
        function: Callable[..., Any] | None = None, *_: object, **__: object
    ) -> Callable[..., Any]:
        """Returns the function itself: it is compiled nowhere."""
        return function if function is not None else _same

    @staticmethod
    def graph_break(*_: object, **__: object) -> None:
        """Does nothing outside of a compiled function."""

    def __getattr__(self, name: str) -> Any:
        # The import system asks for such names itself.
        if name.startswith("__"):
            raise AttributeError(name)

        return getattr(_load_real(self), name)


class _Part:
    """What groups of processes use of a module of torch._dynamo; all else loads the real one."""

    def __init__(self, name: str, stand_in: _StandIn, **uses: Callable[[], object]) -> None:
        self._name = name
        self._stand_in = stand_in
        self.__dict__.update(uses)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)

        _load_real(self._stand_in)
        return getattr(importlib.import_module(f"{NAME}.{self._name}"), name)


class _Sources(ModuleType):
    """What fake tensors use of torch._dynamo.source: two names for where a tensor comes from."""

    def __init__(self, stand_in: _StandIn) -> None:
        super().__init__(SOURCES)
        from torch._guards import Source

        @dataclass(frozen=True)
        class ConstantSource(Source):
            """A tensor made of constants."""

            source_name: str

            @property
            def _name_template(self) -> str:
                return self.source_name

        class RandomValueSource(Source):
            """A random number; nothing here makes one."""

        self._stand_in = stand_in
        self.ConstantSource = ConstantSource
        self.RandomValueSource = RandomValueSource

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)

        _load_real(self._stand_in)
        return getattr(importlib.import_module(SOURCES), name)


class _Finder(MetaPathFinder):
    """Loads the real module where one of its parts is imported."""

    def __init__(self, stand_in: _StandIn) -> None:
        self._stand_in = stand_in

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path  # that of the small module, which has no parts
        if not name.startswith(NAME + ".") or sys.modules.get(NAME) is not self._stand_in:
            return None

        real = _load_real(self._stand_in)
        if name in sys.modules:
            return ModuleSpec(name, _Loaded(sys.modules[name]))

        return importlib.machinery.PathFinder.find_spec(name, list(real.__path__), target)


class _Loaded(Loader):
    """Gives a module that is loaded already."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        del spec
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        """Does nothing."""


def _nothing() -> None:
    """Does nothing: nothing was compiled."""


def _load_real(stand_in: _StandIn) -> ModuleType:
    """Loads torch._dynamo in the place of the small module, and returns it."""
    import torch

    with _LOCK:
        if sys.modules.get(NAME) is not stand_in:
            return sys.modules[NAME]

        sources = sys.modules.pop(SOURCES, None)
        del sys.modules[NAME]
        # While it is loaded, its parts find it as they would without this file.
        del torch._dynamo  # noqa: SLF001 - the module's name
        try:
            return importlib.import_module(NAME)
        except BaseException:
            sys.modules[NAME] = torch._dynamo = stand_in  # noqa: SLF001 - as above
            if sources is not None:
                sys.modules[SOURCES] = sources
            raise


def _same(function: Callable[..., Any]) -> Callable[..., Any]:
    return function
