"""Serve the workspace: to this computer or to the network, on which port; the address and its QR code."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QSpinBox, QVBoxLayout, QWidget

from app.bridge.serving import EVERYWHERE, LOOPBACK, ServerState, lan_addresses
from app.dialogs.base import SPIN_MARGINS, Dialog
from app.i18n import translate
from app.look import Look, label, restyle
from app.widgets.form import Field
from app.widgets.glyph import Glyph
from app.widgets.qr import QrLabel

_PORT_MAX = 65_535
_QR_PX = 176


class ServerDialog(Dialog):
    """Shows and changes what the server does; it can stay open while that takes effect.

    Signals:
        start_wanted: Carries host and port.
        stop_wanted: Stop serving.
        copy_wanted: Carries the address.
    """

    start_wanted = Signal(str, int)
    stop_wanted = Signal()
    copy_wanted = Signal(str)

    def __init__(self, look: Look, parent: QWidget, host: str, port: int) -> None:
        """Args: look; the window; address and port chosen at first."""
        super().__init__(look, parent, translate("ServerDialog", "Share on the network"), 560)
        self._running = False
        self._light = Glyph(look, "circle-fill", "faint", 12)
        self._status = label(wrap=True)
        self.host = QComboBox()
        self.port = QSpinBox()
        self.address = QLineEdit()
        self.address.setReadOnly(True)
        self.qr = QrLabel(_QR_PX)
        self.host_field = Field(translate("ServerDialog", "&Who can reach it"), self.host)
        self.port_field = Field(
            translate("ServerDialog", "&Port"), self.port, translate("ServerDialog", "0 takes any free port.")
        )
        self._fill(host, port)
        self._lay_out()
        self.copy = self.add_aside(translate("ServerDialog", "Copy address"), "copy-simple")
        self.copy.clicked.connect(lambda: self.copy_wanted.emit(self.address.text()))
        self.add_close().setDefault(False)
        self.switch = self.add_button(translate("ServerDialog", "Start"), "primary")
        self.switch.setDefault(True)
        self.switch.clicked.connect(self._press)
        self.switch.setFocus()

    def show_state(self, state: ServerState, url: str) -> None:
        """Show what the server does.

        Args:
            state: Off, starting, on or stopping.
            url: Its address while it is on.
        """
        self._running = state is ServerState.ON
        self._light.set_glyph("circle-fill", "success" if self._running else "faint")
        self._status.setText(_status_text(state))
        self.switch.setText(translate("ServerDialog", "Stop") if self._running else translate("ServerDialog", "Start"))
        restyle(self.switch, kind="" if self._running else "primary")
        self.switch.setAccessibleName(self.switch.text())
        self.switch.setEnabled(state in (ServerState.ON, ServerState.OFF))
        if self.switch.isEnabled() and not self.port_field.problem:
            self.switch.setFocus()
        self.host.setEnabled(state is ServerState.OFF)
        self.port.setEnabled(state is ServerState.OFF)
        self.address.setText(url)
        self.address.setPlaceholderText(translate("ServerDialog", "Not serving"))
        self.copy.setEnabled(self._running)
        self.qr.setVisible(self._running)
        self.qr.show_text(url)

    def refuse(self, reason: str) -> None:
        """Show beside the port why the server could not start."""
        self.port_field.refuse(reason)
        self.port.setFocus()
        self.port.selectAll()

    def _fill(self, host: str, port: int) -> None:
        self.host.addItem(
            translate("ServerDialog", "Only this computer ({address})").format(address=LOOPBACK), LOOPBACK
        )
        everyone = translate("ServerDialog", "Everyone on the network, all interfaces")
        self.host.addItem(everyone, EVERYWHERE)
        for address, interface in lan_addresses():
            one = translate("ServerDialog", "Everyone on {interface} ({address})")
            self.host.addItem(one.format(interface=interface, address=address), address)
        if self.host.findData(host) < 0:
            self.host.addItem(host, host)
        self.host.setCurrentIndex(self.host.findData(host))
        self.port.setRange(0, _PORT_MAX)
        self.port.setValue(port)
        self.port.lineEdit().setTextMargins(*SPIN_MARGINS)
        self.port.valueChanged.connect(lambda _: self.port_field.refuse(""))

    def _lay_out(self) -> None:
        space = self.look.theme.space
        row = QHBoxLayout()
        row.setSpacing(space("s"))
        row.addWidget(self._light)
        row.addWidget(self._status, 1)
        columns = QHBoxLayout()
        columns.setSpacing(space("l"))
        left = QVBoxLayout()
        left.setSpacing(space("m"))
        left.addWidget(self.host_field)
        left.addWidget(self.port_field)
        left.addWidget(Field(translate("ServerDialog", "A&ddress"), self.address))
        explanation = translate(
            "ServerDialog",
            "Signed links and public buckets are readable by whoever reaches this address. Everything else needs one "
            "of your API keys. The connection is not encrypted.",
        )
        left.addWidget(label(explanation, size="caption", tone="muted", wrap=True))
        left.addStretch()
        columns.addLayout(left, 1)
        columns.addWidget(self.qr)
        self.body.addLayout(row)
        self.body.addLayout(columns)

    def _press(self) -> None:
        if self._running:
            self.stop_wanted.emit()
        else:
            self.port_field.refuse("")
            self.start_wanted.emit(str(self.host.currentData()), self.port.value())


def _status_text(state: ServerState) -> str:
    return {
        ServerState.OFF: translate("ServerDialog", "The server is off."),
        ServerState.STARTING: translate("ServerDialog", "Starting…"),
        ServerState.ON: translate("ServerDialog", "The server is running."),
        ServerState.STOPPING: translate("ServerDialog", "Stopping…"),
    }[state]
