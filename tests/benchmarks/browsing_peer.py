"""What Qt's own file view takes for a folder of plain files: figures as JSON.

python -m tests.benchmarks.browsing_peer FOLDER
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from PySide6.QtCore import QDir, Qt
from PySide6.QtWidgets import QApplication, QFileSystemModel, QTreeView

from tests.benchmarks.browsing_watch import Heartbeat, Painted, peak_memory_mib

_SIZE, _TIME = 1, 3


def main(folder: Path) -> None:
    """Measure and print."""
    application = QApplication(sys.argv[:1])
    count = sum(1 for _ in folder.iterdir())
    view = QTreeView()
    view.setUniformRowHeights(True)
    view.setSortingEnabled(True)
    view.setSelectionMode(QTreeView.SelectionMode.ExtendedSelection)
    view.resize(1280, 800)
    view.show()
    with Heartbeat() as heart:
        heart.phase("peer")
        figures = _figures(view, folder, count)
    figures["stall"] = heart.longest_ms
    figures["memory"] = peak_memory_mib()
    print(json.dumps(figures))
    application.quit()


def _figures(view: QTreeView, folder: Path, count: int) -> dict[str, float]:
    model = QFileSystemModel(view)
    model.setFilter(QDir.Filter.Files)
    painted = Painted(view)
    bar = view.verticalScrollBar()

    def show() -> None:
        view.setModel(model)
        view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        view.setRootIndex(model.setRootPath(str(folder)))

    def is_there() -> bool:
        return model.rowCount(view.rootIndex()) == count

    figures = {"open": painted.after(show, is_there)}
    figures["end"] = painted.after(view.scrollToBottom, lambda: bar.value() == bar.maximum())
    figures["middle"] = painted.after(
        lambda: bar.setValue(bar.maximum() // 2), lambda: bar.value() == bar.maximum() // 2
    )
    for name, column in (("sort_size", _SIZE), ("sort_time", _TIME)):
        figures[name] = painted.after(
            lambda column=column: view.sortByColumn(column, Qt.SortOrder.DescendingOrder), lambda: True
        )
    figures["select_all"] = painted.after(view.selectAll, lambda: True)
    return figures


if __name__ == "__main__":
    main(Path(sys.argv[1]))
