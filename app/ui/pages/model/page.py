"""The Model page: the template gallery above, the settings on the left, the network beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.engine.errors import UserError
from app.ui.canvas.editor import Drop
from app.ui.pages.model.beside import SHARES, CardsBeside
from app.ui.pages.model.block_editor import BlockEditor
from app.ui.pages.model.block_library import BlockLibrary
from app.ui.pages.model.drawing.canvas_editor import CanvasEditor
from app.ui.pages.model.drawing.palette_card import PaletteCard
from app.ui.pages.model.drawing.repeat_row import RepeatRow
from app.ui.pages.model.gallery.card import EMPTY
from app.ui.pages.model.gallery.gallery import TemplateGallery
from app.ui.pages.model.gallery.kept import KeptNetworks
from app.ui.pages.model.gallery.sizes import TemplateSizes
from app.ui.pages.model.graph_edits import open_graph, set_graph
from app.ui.pages.model.group_editor import GroupEditor
from app.ui.pages.model.guide import guide_cards
from app.ui.pages.model.network_card import NetworkCard
from app.ui.pages.model.own_network_view import OwnNetworkView
from app.ui.pages.parts import GuideCard, Page, Parts
from app.ui.style.theme import style
from app.ui.text.words import answers_words
from app.ui.widgets.card import Card
from app.ui.widgets.label import Label
from app.ui.widgets.settings.form import Form
from models.own_network import OwnNetwork
from models.start_network import start_sentence, why_not_empty
from models.template import TEMPLATES

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent

    from models.graph import Graph
    from models.shape import Problem

SETTINGS_WIDTH = 272
BESIDE = 1_080
"""Width at 100 % below which a card beside the drawing stands where the settings are."""

BESIDE_TABLE = 1_400
"""The same of the table, whose cells can be changed themselves."""

GALLERY_SHARE = 0.27
"""Share of the page's height above which the cards of the gallery become compact."""

LOW = 520
"""Height at 100 % below which the templates make room while something stands beside the drawing."""


class ModelPage(Page):
    """Chooses the network: it writes the section "model" of the document."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._sizes: dict[str, int] = {}
        self._template_sizes = TemplateSizes(parts.background, self._take_sizes)
        self._sized_for: Problem | None = None
        style(self, "page")
        self.gallery = TemplateGallery(TEMPLATES, parts.theme)
        self.gallery.chosen.connect(self._choose_template)
        self.kept = KeptNetworks(parts.document, self.gallery, parts.background)
        self.network = NetworkCard(parts.network_measurer, parts.theme)
        self.network.selected.connect(self._selected)
        self.network.repaired.connect(lambda graph: set_graph(parts.document, graph))
        self.beside = CardsBeside(parts, self.network)
        self.beside.changed.connect(self._make_room)
        self.beside.kinds_asked.connect(self._open_kinds)
        self._adding = False
        """Whether the list of blocks stands where the settings are."""
        self._gallery_wanted: bool | None = None
        """Whether the person wants to see the templates; None as there is room."""
        self._awaited = ""
        """A new block that is chosen as soon as it is drawn."""
        self._settings = self._settings_card()
        self._connect_canvas()
        self._column = QVBoxLayout(self)
        self._column.addWidget(self.gallery)
        self._row = QHBoxLayout()
        self._row.addWidget(self._settings)
        self._row.addWidget(self.palette_card)
        self._row.addWidget(self.network, 3)
        for name, card in self.beside.cards.items():
            self._row.addWidget(card, SHARES[name])

        self._column.addLayout(self._row, 1)
        parts.document.changed.connect(self._refresh)
        parts.document.data_changed.connect(self._refresh)
        parts.network_measurer.changed.connect(self._refresh)
        parts.theme.changed.connect(self._restyle)
        self._restyle()

    def guide(self) -> list[GuideCard]:
        return guide_cards(
            self._parts.document, self._parts.network_measurer, self.network.view.chosen
        )

    def ready(self) -> tuple[bool, str]:
        """Returns whether the network can be built for the data that are open."""
        if self._parts.document.description is None:
            return False, "Choose data first; the network follows them."

        network_measurer = self._parts.network_measurer
        if network_measurer.trouble is not None:
            return False, network_measurer.trouble.what
        if (
            network_measurer.inspection is not None
            and network_measurer.inspection.error is not None
        ):
            return False, network_measurer.inspection.error.what

        return True, ""

    # --- building

    def _settings_card(self) -> Card:
        parts = self._parts
        card = Card("Settings")
        self.form = Form(parts.document, "model", None, parts.theme, parts.preferences)
        self._answers = Label()
        self._answers.setWordWrap(True)
        style(self._answers, "secondary")
        self.start = Label()
        self.start.setObjectName("model.start")
        self.start.setWordWrap(True)
        self.start.setContentsMargins(0, 0, 0, 8)
        style(self.start, "secondary")
        self.own = OwnNetworkView(parts.document, self.kept.library)
        self.library = BlockLibrary(parts.background)
        self.block = BlockEditor(parts.document, self.library, parts.theme)
        self.block.placed.connect(self._await)
        self.group = GroupEditor(parts.document, self.library, parts.theme)
        self.group.placed.connect(self._await)
        self.repeat = RepeatRow(parts.theme)
        self.repeat.asked.connect(self._repeat)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 8, 0)
        shown = (self.block, self.group, self.repeat, self.own, self.start, self.form)
        for widget in (*shown, self._answers):
            column.addWidget(widget)

        column.addStretch(1)
        scroll = QScrollArea()
        style(scroll, "plain")
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        card.body.addWidget(scroll, 1)

        return card

    def _connect_canvas(self) -> None:
        """Lets gestures on the drawing change the document."""
        parts = self._parts
        self.editor = CanvasEditor(parts.document, parts.network_measurer, self.library, self)
        self.editor.placed.connect(lambda names: self.network.view.choose(*names))
        self.palette_card = PaletteCard(parts.theme)
        self.palette_card.closed.connect(lambda: self._show_palette(False))
        self.palette_card.palette_list.taken.connect(self._add)
        view = self.network.view
        view.set_editor(self.editor)
        view.add_asked.connect(lambda: self._show_palette(not self._adding))
        view.block_opened.connect(self._open_block)
        view.group_asked.connect(self._open_group)
        view.repeat_asked.connect(self._open_repeat)
        view.large_asked.connect(self._fold_gallery)

    # --- the drawing

    def _graph_now(self) -> Graph | None:
        """Returns the network as it is now; None where what was measured is of other data."""
        measured = self._parts.network_measurer.measured
        document = self._parts.document
        try:
            same = measured is not None and measured.problem == document.problem()
        except UserError:
            return None

        return open_graph(document) if same else None

    def _choose_template(self, kind: str) -> None:
        """Takes another template; where blocks of the last one were put says nothing of it."""
        document = self._parts.document
        drawing = document.experiment.drawing.arranged()
        document.set(document.experiment.replace(model=kind, drawing=drawing))

    def _show_palette(self, shown: bool) -> None:
        self._adding = shown
        if shown:
            self.palette_card.fill(self.editor.own_kinds())

        self._make_room()
        if shown:
            self.palette_card.palette_list.open()
        else:
            self.network.view.setFocus()

    def _add(self, kind: str) -> None:
        """Puts a block of the list on the chosen wire, else behind the chosen block."""
        view = self.network.view
        wire = view.content.wires.lit
        view.tell(self.editor.insert(kind, Drop(wire=wire, behind="" if wire else view.chosen)))

    def _open_block(self, _name: str) -> None:
        self._show_palette(False)
        self.block.open()

    def _open_group(self) -> None:
        self._show_palette(False)
        self.group.name.setFocus()

    def _open_repeat(self) -> None:
        self._show_palette(False)
        self.repeat.open()

    def _repeat(self, times: int) -> None:
        self.repeat.tell(self.editor.repeat(self.network.view.all_chosen, times))

    # --- showing

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.library.load()
        self.kept.library.load()
        self._refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.gallery.set_tallest(round(self.height() * GALLERY_SHARE))
        self._make_room()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        focus = self.focusWidget()
        inside = focus is not None and self._settings.isAncestorOf(focus)
        escape = event.key() == Qt.Key.Key_Escape
        if escape and self._adding:
            self._show_palette(False)
        elif escape and inside:
            self.network.view.setFocus()
        else:
            super().keyPressEvent(event)

    def _restyle(self) -> None:
        theme = self._parts.theme
        margin = theme.px(16)
        self._column.setContentsMargins(margin, margin, margin, margin)
        self._column.setSpacing(margin)
        self._row.setSpacing(margin)
        self._settings.setFixedWidth(theme.px(SETTINGS_WIDTH))
        self.palette_card.setFixedWidth(theme.px(SETTINGS_WIDTH))
        self._make_room()
        self._refresh()
        self.beside.show_pictures()

    def _refresh(self, *_: object) -> None:
        """Follows document and measurer; a page that is not seen waits until it is."""
        self.guide_changed.emit()
        if not self.isVisible():
            return

        self.network.refresh(self._graph_now(), self._parts.document.experiment.drawing)
        self._show_settings()
        self.beside.refresh()
        document = self._parts.document
        try:
            problem = document.problem()
            task = document.task()
        except UserError:
            return

        self._describe_templates(problem)
        answers = answers_words(problem, document.assumed_description, task)
        known = document.description is not None
        self._answers.setText(
            f"Answers: {answers}, {'from your data' if known else 'until data are opened'}."
        )

        try:
            chosen = document.resolved().model
        except UserError:
            return

        assert chosen is not None

        self.kept.show_choice(chosen)
        self.start.setText(start_sentence(problem))

    def _open_kinds(self, name: str) -> None:
        """Offers kinds of blocks to be put behind a block."""
        view = self.network.view
        view.choose(name)
        self.block.add_menu.popup(view.mapToGlobal(view.rect().center()))

    def _fold_gallery(self) -> None:
        """Shows the templates or not, as the person wants it from now on."""
        self._gallery_wanted = self.gallery.isHidden()
        self._make_room()

    def _make_room(self) -> None:
        """Leaves the settings out where another card would have too little room beside them.

        On a low page the templates too, while something is done with the drawing.
        """
        busy = self.beside.is_open or self._adding
        low = self.height() < self._parts.theme.px(LOW)
        wanted = self._gallery_wanted
        self.gallery.setVisible(not (low and busy) if wanted is None else wanted)
        least = BESIDE if self.beside.table.isHidden() else BESIDE_TABLE
        wide = self.width() >= self._parts.theme.px(least)
        adding = self._adding
        beside = wide or not self.beside.is_open
        # What goes, goes first: with both there, what stands beside them has no room for a moment.
        cards = {self._settings: beside and not adding, self.palette_card: beside and adding}
        for card, shown in sorted(cards.items(), key=lambda pair: pair[1]):
            card.setVisible(shown)

    def _selected(self, _name: str) -> None:
        self._show_settings()
        self.beside.refresh()
        self.guide_changed.emit()

    def _await(self, name: str) -> None:
        self._awaited = name

    def _show_settings(self) -> None:
        """Shows the settings of what is chosen, else those of the template or the own network."""
        view = self.network.view
        if self._awaited and any(block.name == self._awaited for block in view.blocks):
            name, self._awaited = self._awaited, ""
            view.choose(name)

        measured = self._parts.network_measurer.measured
        editing = not self.block.isHidden() or not self.group.isHidden()
        if view.chosen and view.item(view.chosen).view.pending and editing:
            return  # its numbers come in a moment

        several = self.group.show_blocks(view.all_chosen, measured)
        one = self.block.show_block("" if several else view.chosen, measured)
        title = f"Block '{view.chosen}'" if one else "Settings"
        self._settings.title.setText(f"{len(view.all_chosen)} blocks" if several else title)
        chosen = [name for name in view.all_chosen if not view.item(name).view.source]
        self.repeat.show_for(chosen)
        self.own.refresh()
        if one or several:
            self.own.hide()

        is_own = isinstance(self._parts.document.experiment.model, OwnNetwork)
        self.form.setVisible(not one and not several and not is_own)
        self.start.setVisible(
            not one and not several and self._parts.document.experiment.model is None
        )
        self._answers.setVisible(not one and not several)

    def _describe_templates(self, problem: Problem) -> None:
        # Sizes for other data are no sizes for these.
        sizes = dict(self._sizes) if problem == self._sized_for else {}
        measured = self._parts.network_measurer.measured
        if measured is not None:
            if measured.inspection.error is None:
                sizes[measured.resolved.model.kind] = measured.inspection.parameters
            if problem != self._sized_for:
                self._sized_for = problem
                self._sizes = {}
                self._template_sizes.measure(problem)

        self.gallery.describe(
            {kind: f"{size:,}" for kind, size in sizes.items()},
            {template.kind: template.unfit(problem) for template in TEMPLATES.all()}
            | {EMPTY: why_not_empty(problem)},
        )

    def _take_sizes(self, sizes: dict[str, int]) -> None:
        self._sizes = sizes
        self._refresh()
