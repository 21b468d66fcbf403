"""The whole window in somebody else's name, on the real engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from app.actions import ActionId
from app.application import Window
from app.bridge.acting import Identity, visitor_name
from app.bridge.carriage import Clash, Order, Plan
from app.bridge.operations import BucketDraft, Removal
from app.bridge.reading import Found
from app.bridge.serving import ServerState
from app.bridge.tasks import Ticket
from app.cargo import Cargo, Motion
from app.dialogs.access_dialog import AccessDialog
from app.dialogs.access_tester import AccessTester
from app.dialogs.act_as_dialog import ActAsDialog
from app.dialogs.bucket_dialog import BucketDialog
from app.location import Location
from app.models.sources import Standing
from app.models.transfer_rows import RowAction, detail_of, row_of
from app.models.tree_model import STANDING_ROLE
from app.views.outside_menu import OutsideMenu
from app.views.transfer_notes import NotesDialog
from engine.access_types import User
from engine.context import RlsContext
from engine.move_types import Move, Target
from engine.permissions.rows import Command, PolicyTable
from engine.transfers import ConflictAction, Decision, JobSnapshot
from tests.app.helpers import Desk, leave
from tests.app.test_accessibility import unnamed


@pytest.fixture
def shared(desk: Desk) -> Desk:
    """Return the window on a bucket where alice and the person at this computer have something each."""
    alice = known(desk, "alice")
    desk.bucket("photos")
    desk.adopt("owner-only")
    desk.storage.upload("photos", "mine.txt", b"1", RlsContext.user(alice.id))
    desk.storage.upload("photos", "trips/kite.png", b"1", RlsContext.user(alice.id))
    desk.put("yours.txt")
    desk.storage.create_bucket("private", desk.me)
    desk.session.controllers.navigator.refresh()
    desk.until(lambda: buckets(desk) == ["photos", "private"])
    return desk


FIVE = """
CREATE POLICY "own folder" ON storage.objects FOR SELECT TO authenticated
  USING (bucket_id = 'team' AND (storage.foldername(name))[1] = auth.uid()::text);
CREATE POLICY "own folder to put" ON storage.objects FOR INSERT TO authenticated
  WITH CHECK (bucket_id = 'team' AND (storage.foldername(name))[1] = auth.uid()::text);
CREATE POLICY "shared for members" ON storage.objects FOR SELECT TO authenticated
  USING (bucket_id = 'team' AND (storage.foldername(name))[1] = 'shared');
CREATE POLICY "public for all" ON storage.objects FOR SELECT TO anon, authenticated
  USING (bucket_id = 'team' AND (storage.foldername(name))[1] = 'public');
CREATE POLICY "team is listed" ON storage.buckets FOR SELECT TO public USING (name = 'team');
"""


def known(desk: Desk, name: str) -> User:
    return desk.session._side._workspace.users.add(name, desk.me)


def act_as(desk: Desk, name: str) -> None:
    """Choose somebody in the dialog, as a person does."""
    desk.session.actions[ActionId.ACT_AS].trigger()
    dialog = desk.dialog(ActAsDialog)
    desk.until(lambda: dialog.users.findText(name, Qt.MatchFlag.MatchStartsWith) >= 0)
    dialog.user.setChecked(True)
    dialog.users.setCurrentIndex(dialog.users.findText(name, Qt.MatchFlag.MatchStartsWith))
    dialog.confirm.click()


def act_as_visitor(desk: Desk) -> None:
    desk.session._side.acting.begin(Identity(visitor_name(), RlsContext.anonymous()))


def buckets(desk: Desk) -> list[str]:
    return [bucket.name for bucket in desk.tree.model().buckets]


def test_what_is_hidden_vanishes_and_comes_back(shared: Desk) -> None:
    act_as(shared, "alice")
    assert shared.names == []  # at once, before anything is read with alice's eyes
    shared.until(lambda: shared.names == ["trips", "mine.txt"])
    shared.until(lambda: buckets(shared) == ["photos"])
    shared.session.actions[ActionId.STOP_ACTING].trigger()
    shared.until(lambda: set(shared.names) == {"trips", "mine.txt", "yours.txt"})
    shared.until(lambda: buckets(shared) == ["photos", "private"])


def test_a_policy_that_changes_shows_and_hides_at_once(shared: Desk) -> None:
    """Whoever changes it: what is shown follows the database, not what is done in the window."""
    act_as(shared, "alice")
    shared.until(lambda: shared.names == ["trips", "mine.txt"])
    shared.storage.policies.apply(
        "CREATE POLICY more ON storage.objects FOR SELECT TO authenticated USING (name = 'yours.txt');", shared.me
    )
    shared.until(lambda: set(shared.names) == {"trips", "mine.txt", "yours.txt"})
    shared.storage.policies.apply("DROP POLICY more ON storage.objects;", shared.me)
    shared.until(lambda: shared.names == ["trips", "mine.txt"])


def test_filter_and_search_find_what_they_may_see_and_nothing_else(shared: Desk) -> None:
    shared.put("trips/yours too.txt")
    bar = shared.views.pane.filter
    act_as(shared, "alice")
    shared.until(lambda: shared.names == ["trips", "mine.txt"])

    shared.session.actions[ActionId.FILTER].trigger()
    bar.field.setText("s.txt")
    shared.until(lambda: shared.views.pane.page is shared.views.pane.nothing_matches)
    shared.session.actions[ActionId.SEARCH].trigger()
    bar.field.setText("t")
    shared.until(lambda: sorted(shared.names) == ["photos/mine.txt", "photos/trips/kite.png"])
    assert bar.count.text() == "2 found"

    shared.session.actions[ActionId.STOP_ACTING].trigger()
    shared.until(lambda: set(shared.names) == {"trips", "mine.txt", "yours.txt"})
    shared.session.actions[ActionId.SEARCH].trigger()
    bar.field.setText("yours")
    shared.until(lambda: sorted(shared.names) == ["photos/trips/yours too.txt", "photos/yours.txt"])


def test_a_band_across_the_window_and_its_title_say_so(shared: Desk) -> None:
    band = shared.views.acting
    assert band.text == ""
    act_as(shared, "alice")
    shared.until(lambda: shared.names == ["trips", "mine.txt"])
    assert band.isVisible()
    assert band.text == "You are acting as alice (authenticated). You see and may do only what they may."
    assert shared.shell.windowTitle() == "Acting as alice – photos – Holdall"
    band.stop.click()
    shared.until(lambda: "yours.txt" in shared.names)
    assert not band.isVisible()
    assert shared.shell.windowTitle() == "photos – Holdall"


def test_a_bucket_that_is_not_listed_is_marked_and_hidden_ones_are_counted(shared: Desk) -> None:
    act_as(shared, "alice")
    shared.until(lambda: buckets(shared) == ["photos"])
    assert shared.tree.model().index(0, 0).data(STANDING_ROLE) is Standing.UNLISTED
    note = shared.views.hidden
    shared.until(lambda: "1 bucket hidden from alice" in note.text)
    assert "No policy on the buckets lets alice list any" in note.text
    note.switch.click()
    shared.until(lambda: buckets(shared) == ["photos", "private"])
    assert shared.tree.model().index(1, 0).data(STANDING_ROLE) is Standing.HIDDEN
    shared.session.actions[ActionId.STOP_ACTING].trigger()
    shared.until(lambda: note.text == "")


def test_the_bucket_that_was_open_stays_open_though_nothing_in_it_may_be_seen(shared: Desk) -> None:
    act_as_visitor(shared)
    pane = shared.views.pane
    shared.until(lambda: pane.page is pane.nothing_to_see)
    assert pane.nothing_to_see.title.text() == "A visitor sees nothing here"
    assert shared.session.controllers.navigator.place.bucket == "photos"
    shared.until(lambda: buckets(shared) == ["photos"])


def test_a_folder_that_may_not_be_seen_gives_way_to_the_top_of_its_bucket(shared: Desk) -> None:
    shared.storage.upload("photos", "secret/plan.txt", b"1", shared.me)
    shared.go("photos", "secret/")
    act_as(shared, "alice")
    shared.until(lambda: shared.names == ["trips", "mine.txt"])
    assert not shared.session.controllers.navigator.history.can_go_back


def test_what_concerns_the_workspace_itself_is_off_meanwhile(shared: Desk) -> None:
    closed = (ActionId.USERS, ActionId.SERVER, ActionId.SERVER_SWITCH)
    act_as(shared, "alice")
    shared.until(lambda: not any(shared.session.actions[name].isEnabled() for name in closed))
    assert "stop that first" in shared.session.actions[ActionId.USERS].toolTip()
    shared.session.actions[ActionId.STOP_ACTING].trigger()
    shared.until(lambda: all(shared.session.actions[name].isEnabled() for name in closed))
    assert not shared.session.actions[ActionId.STOP_ACTING].isEnabled()


def test_what_is_put_here_belongs_to_whoever_is_acted_as(shared: Desk, tmp_path: Path) -> None:
    alice = shared.session._side._workspace.users.get("alice", shared.me)
    (tmp_path / "new.txt").write_text("x")
    act_as(shared, "alice")
    shared.until(lambda: shared.names == ["trips", "mine.txt"])
    shared.session.controllers.moving.dropped([tmp_path / "new.txt"], "")
    shared.until(lambda: "new.txt" in shared.names)
    assert shared.storage.info("photos", "new.txt", shared.me).owner_id == alice.id


def test_nothing_of_it_survives_a_restart(shared: Desk, open_window: Callable[[], Window]) -> None:
    act_as(shared, "alice")
    shared.until(lambda: shared.names == ["trips", "mine.txt"])
    leave(shared.window)
    again = Desk(open_window(), shared.qtbot)
    again.until(lambda: "yours.txt" in again.names)
    assert again.views.acting.text == ""


def test_somebody_can_be_described_by_hand(desk: Desk) -> None:
    desk.session.actions[ActionId.ACT_AS].trigger()
    dialog = desk.dialog(ActAsDialog)
    dialog.by_hand.setChecked(True)
    dialog.user_id.setText("a11ce")
    dialog.role.setEditText("editors")
    dialog.claims.setPlainText('{"team": "blue"}')
    assert dialog.identity == Identity(
        "a11ce", RlsContext("a11ce", "editors", {"team": "blue", "sub": "a11ce", "role": "editors"})
    )
    dialog.claims.setPlainText('{"team"')
    assert "line 1, column" in dialog.claims_field.problem
    assert not dialog.confirm.isEnabled()
    dialog.claims.setPlainText('{"sub": "x"}')
    assert "sub" in dialog.claims_field.problem
    dialog.claims.clear()
    dialog.role.setEditText("service_role")
    assert not dialog.confirm.isEnabled()
    assert "everything" in dialog.role_field.problem
    assert unnamed(dialog) == []


def test_without_users_the_dialog_leads_to_where_they_are_added(desk: Desk) -> None:
    desk.session.actions[ActionId.ACT_AS].trigger()
    dialog = desk.dialog(ActAsDialog)
    desk.until(dialog.add_user.isVisible)
    assert dialog.confirm.text() == "Act as a visitor"
    dialog.user.setChecked(True)
    assert not dialog.confirm.isEnabled()
    dialog.add_user.click()
    desk.dialog(AccessDialog)


def test_what_is_denied_says_who_may_not_do_what(shared: Desk) -> None:
    act_as(shared, "alice")
    shared.until(lambda: shared.names == ["trips", "mine.txt"])
    shared.session._side.operations.create_bucket(BucketDraft("hers"), lambda _: None)
    shared.until(lambda: shared.toast.text == "alice may not make this bucket. Policies decide.")
    shared.toast._button.click()
    tester = shared.dialog(AccessTester)
    shared.until(lambda: tester.answer.reason.text() == "No policy lets authenticated make this bucket")
    assert tester.windowTitle() == "Test access to hers"
    question = tester.form.question
    assert (question.table, question.command) == (PolicyTable.BUCKETS, Command.INSERT)
    shared.storage.policies.apply(
        "CREATE POLICY hers ON storage.buckets FOR INSERT TO authenticated WITH CHECK (name = 'hers');", shared.me
    )
    shared.until(lambda: tester.answer.verdict.text() == "Allowed")


def test_what_is_refused_in_a_dialog_is_explained_from_there(shared: Desk) -> None:
    act_as(shared, "alice")
    shared.until(lambda: shared.names == ["trips", "mine.txt"])
    shared.session.actions[ActionId.NEW_BUCKET].trigger()
    form = shared.dialog(BucketDialog)
    form.name.setText("hers")
    form.save.click()
    shared.until(lambda: "Policies decide" in form.name_field.problem)
    next(part for part in form.findChildren(QPushButton) if part.text() == "Why was it refused?").click()
    tester = shared.dialog(AccessTester)
    assert tester.parent() is form
    shared.until(lambda: tester.answer.verdict.text() == "Denied")


def test_what_may_not_be_done_with_a_bucket_is_explained_by_its_own_policies(shared: Desk) -> None:
    shared.storage.policies.apply("CREATE POLICY seen ON storage.buckets FOR SELECT USING (true);", shared.me)
    act_as(shared, "alice")
    shared.until(lambda: "mine.txt" in shared.names)
    shared.session._side.operations.rename_bucket("photos", "hers", lambda _: None)
    shared.until(lambda: shared.toast.text == "alice may not change this bucket. Policies decide.")
    shared.toast._button.click()
    tester = shared.dialog(AccessTester)
    shared.until(lambda: tester.answer.reason.text() == "No policy lets authenticated change this bucket")
    assert tester.form.question.table is PolicyTable.BUCKETS


MOVES = """CREATE POLICY "drafts only" ON storage.objects FOR ALL TO authenticated
USING (bucket_id = 'photos' AND name LIKE '%.txt');"""


@pytest.mark.parametrize("way", ["rename", "move", "copy"])
def test_what_may_not_go_somewhere_is_explained_with_where(shared: Desk, way: str) -> None:
    shared.storage.policies.apply(
        "".join(f'DROP POLICY "{one.spec.name}" ON storage.objects;'
                for one in shared.storage.policies.list(shared.me, "photos")) + MOVES,
        shared.me,
    )  # fmt: skip
    side = shared.session._side
    act_as(shared, "alice")
    shared.until(lambda: "mine.txt" in shared.names)
    if way == "rename":
        side.operations.rename("photos", "mine.txt", "mine.png", lambda _: None)
    else:
        motion = Motion.MOVE if way == "move" else Motion.COPY
        order = Order(Cargo("photos", ("mine.txt",)), Location("private"), motion)
        side.carrier.carry(Plan(order, (Move("mine.txt", "mine.txt"),)), {}, lambda _: None)
    shared.until(lambda: "Policies decide" in shared.toast.text)
    shared.toast._button.click()
    tester = shared.dialog(AccessTester)
    shared.until(lambda: tester.form.who.currentText() == "alice")
    shared.until(lambda: tester.answer.verdict.text() == "Denied")
    target = Target("mine.png") if way == "rename" else Target("mine.txt", "private")
    question = tester.form.question
    assert question.target == target
    assert question.command is (Command.INSERT if way == "copy" else Command.UPDATE)
    shared.storage.policies.apply(
        'CREATE POLICY "all" ON storage.objects FOR ALL TO authenticated USING (true);', shared.me
    )
    shared.until(lambda: tester.answer.verdict.text() == "Allowed")  # it follows what changes
    assert "refused nevertheless" in tester.answer.remark.text()


SOME = """CREATE POLICY "all is seen" ON storage.objects FOR SELECT TO authenticated USING (bucket_id = 'team');
CREATE POLICY "texts change" ON storage.objects FOR UPDATE TO authenticated
USING (bucket_id = 'team' AND name LIKE '%.txt') WITH CHECK (bucket_id = 'team');
CREATE POLICY "texts come" ON storage.objects FOR INSERT TO authenticated
WITH CHECK (bucket_id = 'team' AND name LIKE '%.txt');"""


@pytest.fixture
def team(desk: Desk) -> Desk:
    """Return the window on a bucket, as alice, who may change and add texts, and delete nothing."""
    known(desk, "alice")
    desk.bucket("team")
    for path in ("a.txt", "b/1.txt", "b/2.png", "b/3.png", "c.txt"):
        desk.storage.upload("team", path, b"1", desk.me)
    desk.storage.policies.apply(SOME, desk.me)
    act_as(desk, "alice")
    desk.until(lambda: desk.names == ["b", "a.txt", "c.txt"])
    return desk


def why(desk: Desk) -> AccessTester:
    """Press the button of the message and return what it opens, once that has its answer."""
    desk.until(lambda: "Policies decide" in desk.toast.text and desk.toast._button.isVisible())
    desk.toast._button.click()
    tester = desk.dialog(AccessTester)
    desk.until(lambda: tester.answer.verdict.text() == "Denied" and tester.form.who.currentText() == "alice")
    return tester


def test_of_several_objects_the_first_is_explained_that_was_refused(team: Desk) -> None:
    side = team.session._side

    def carry(motion: Motion, *moves: Move) -> None:
        side.carrier.carry(Plan(Order(Cargo("team", ("b/",)), Location("team", "x/"), motion), moves), {}, _nothing)

    deeds: tuple[tuple[Callable[[], object], str, Target | None, str], ...] = (
        (lambda: side.operations.rename("team", "b/", "d", _nothing), "b/2.png", Target("d/2.png"), "2 of 3"),
        (lambda: carry(Motion.MOVE, Move("b/", "e/")), "b/2.png", Target("e/2.png"), "2 of 3"),
        (lambda: carry(Motion.COPY, *(Move(f"b/{n}.png", f"e/{n}.png") for n in (2, 3))), "b/2.png",
         Target("e/2.png"), "2 of 2"),
        (lambda: side.operations.delete("team", ["a.txt", "b/"], None, _nothing), "a.txt", None, "4 of 4"),
    )  # fmt: skip
    for deed, path, target, counts in deeds:
        team.toast.hide()
        deed()
        tester = why(team)
        question = tester.form.question
        assert (question.path, question.target) == (path, target)
        assert f"In all: {counts}." in tester.answer.remark.text()
        tester.reject()
        team.until(lambda: not any(one.isVisible() for one in team.shell.findChildren(AccessTester)))

    team.toast.hide()
    side.operations.delete("team", ["a.txt", "c.txt"], None, _nothing)
    team.until(lambda: "Policies decide" in team.toast.text and team.toast._button.isVisible())
    team.storage.policies.apply(
        "CREATE POLICY gone ON storage.objects FOR DELETE TO authenticated USING (true);", team.me
    )
    team.toast._button.click()
    tester = team.dialog(AccessTester)
    team.until(lambda: "None of the objects would be refused" in tester.answer.reason.text())


def test_what_would_have_to_give_way_is_explained(team: Desk) -> None:
    side = team.session._side
    order = Order(Cargo("team", ("a.txt",)), Location("team", ""), Motion.MOVE)
    arriving, existing = (team.storage.info("team", path, team.me) for path in ("a.txt", "c.txt"))
    plan = Plan(order, (), (Clash(Move("a.txt", "c.txt"), arriving, existing),))
    side.carrier.carry(plan, {"c.txt": Decision(ConflictAction.REPLACE)}, _nothing)
    tester = why(team)
    question = tester.form.question
    assert (question.command, question.path, question.target) == (Command.DELETE, "c.txt", None)
    assert tester.answer.remark.text().startswith("“c.txt” would have to give way.")


def test_what_may_not_stay_beside_something_is_explained(team: Desk) -> None:
    side = team.session._side
    order = Order(Cargo("team", ("a.txt",)), Location("team", ""), Motion.COPY)
    arriving, existing = (team.storage.info("team", path, team.me) for path in ("a.txt", "c.txt"))
    plan = Plan(order, (), (Clash(Move("a.txt", "c.txt"), arriving, existing),))
    team.storage.policies.apply(
        "CREATE POLICY held ON storage.objects AS RESTRICTIVE FOR INSERT TO authenticated WITH CHECK (false);", team.me
    )
    side.carrier.carry(plan, {"c.txt": Decision(ConflictAction.KEEP_BOTH)}, _nothing)
    question = why(team).form.question
    assert (question.command, question.path, question.target) == (Command.INSERT, "a.txt", Target("c (2).txt"))


def _nothing(_: object) -> None: ...


def test_what_is_passed_over_because_policies_say_so_is_told_and_explained(shared: Desk) -> None:
    shared.storage.policies.apply(
        """DROP POLICY "Users may delete their own objects: photos" ON storage.objects;
        CREATE POLICY "no pictures go" ON storage.objects FOR DELETE TO authenticated
        USING (bucket_id = 'photos' AND storage.extension(name) <> 'png');""",
        shared.me,
    )
    act_as(shared, "alice")
    shared.until(lambda: shared.names == ["trips", "mine.txt"])
    told: list[Removal] = []
    operations = shared.session._side.operations
    operations.delete("photos", ["trips/kite.png"], None, told.append)
    shared.until(lambda: shared.toast.text == "alice may not delete this. Policies decide.")
    assert told == []
    shared.toast._button.click()
    tester = shared.dialog(AccessTester)
    shared.until(lambda: tester.form.who.currentText() == "alice")
    assert tester.form.question.command is Command.DELETE
    assert tester.form.question.path == "trips/kite.png"
    tester.reject()
    operations.delete("photos", ["mine.txt", "trips/"], None, told.append)
    shared.until(lambda: told == [Removal(1, refused=1)])
    shared.session.controllers.editing._teller.tell(told, shared.session.controllers.undo.era)
    assert shared.toast.text == "1 object deleted; policies do not let these be deleted: 1 object"
    assert [button.text() for button in shared.toast._buttons if button.isVisible()] == ["Why?"]
    shared.toast._other.click()
    tester = shared.dialog(AccessTester)
    shared.until(lambda: tester.answer.verdict.text() == "Denied")
    assert tester.form.question.path == "trips/kite.png"


def test_renaming_what_may_only_be_read_says_who_may_not(shared: Desk) -> None:
    shared.storage.policies.apply(
        """CREATE POLICY "all may read" ON storage.objects FOR SELECT TO public USING (bucket_id = 'photos');""",
        shared.me,
    )
    act_as_visitor(shared)
    shared.until(lambda: set(shared.names) == {"trips", "mine.txt", "yours.txt"})
    shared.session._side.operations.rename("photos", "yours.txt", "theirs.txt", lambda _: None)
    shared.until(lambda: shared.toast.text == "A visitor may not rename this. Policies decide.")
    assert shared.toast._button.isVisible()


def test_five_policies_pasted_and_everybody_sees_what_they_should(shared: Desk) -> None:
    desk = shared
    bob = known(desk, "bob")
    alice = desk.session._side._workspace.users.get("alice", desk.me)
    desk.storage.policies.apply(FIVE, desk.me)
    desk.storage.create_bucket("team", desk.me)
    for path in (f"{alice.id}/a.txt", f"{bob.id}/b.txt", "shared/rules.pdf", "public/logo.png"):
        desk.storage.upload("team", path, b"1", desk.me)
    desk.session.controllers.navigator.refresh()
    desk.until(lambda: "team" in buckets(desk))
    desk.go("team")
    act_as(desk, "alice")
    desk.until(lambda: desk.names == sorted([alice.id, "public", "shared"]))
    act_as(desk, "bob")
    desk.until(lambda: desk.names == sorted([bob.id, "public", "shared"]))
    act_as_visitor(desk)
    desk.until(lambda: desk.names == ["public"])
    desk.until(lambda: buckets(desk) == ["team"])
    assert desk.tree.model().index(0, 0).data(STANDING_ROLE) is Standing.LISTED


def test_the_server_is_not_started_in_another_name(shared: Desk) -> None:
    act_as_visitor(shared)
    shared.session.controllers.sharing.start(lambda: None)
    shared.until(lambda: shared.toast.text.startswith("A visitor may not start the server."))
    assert shared.session._side.server.state is ServerState.OFF
    outside = shared.shell.findChild(OutsideMenu)
    assert not outside.isEnabled()
    shared.session._side.acting.stop()
    assert outside.isEnabled()


def test_an_upload_that_policies_refuse_says_so_in_its_row(shared: Desk, tmp_path: Path) -> None:
    (tmp_path / "new.txt").write_text("x")
    act_as_visitor(shared)
    shared.session._side.transfers.upload("photos", "", [tmp_path / "new.txt"])
    ended: list[JobSnapshot] = []
    shared.session._side.transfers.job_ended.connect(ended.append)
    shared.until(lambda: len(ended) == 1)
    assert detail_of(ended[0]) == "Policies do not allow this"
    assert not shared.storage.exists("photos", "new.txt", shared.me)


def test_what_an_upload_may_not_put_there_is_explained_from_its_list(shared: Desk, tmp_path: Path) -> None:
    shared.storage.policies.apply(
        """CREATE POLICY "no pictures" ON storage.objects AS RESTRICTIVE FOR INSERT TO authenticated
        WITH CHECK (storage.extension(name) <> 'png');
        CREATE POLICY "all may add" ON storage.objects FOR INSERT TO authenticated WITH CHECK (true);""",
        shared.me,
    )
    for name in ("new.txt", "new.png"):
        (tmp_path / name).write_text("x")
    act_as(shared, "alice")
    transfers = shared.session._side.transfers
    ended: list[JobSnapshot] = []
    transfers.job_ended.connect(ended.append)
    transfers.upload("photos", "", [tmp_path / "new.txt", tmp_path / "new.png"])
    shared.until(lambda: len(ended) == 1)
    shared.views.transfers._do(RowAction.NOTES, row_of(ended[0]))
    notes = shared.dialog(NotesDialog)
    assert notes.why.isVisible()
    notes.why.click()
    tester = shared.dialog(AccessTester)
    shared.until(lambda: tester.answer.verdict.text() == "Denied")
    assert (tester.form.question.command, tester.form.question.path) == (Command.INSERT, "new.png")


def test_nothing_of_what_was_seen_with_other_eyes_stays_in_the_inspector(shared: Desk) -> None:
    shared.session.actions[ActionId.INSPECTOR].setChecked(True)
    shared.views.inspector.show()
    shared.select("mine.txt")
    shared.until(lambda: "Size" in shared.views.inspector.facts())
    act_as(shared, "alice")
    assert shared.views.inspector.facts() == {}


def test_who_is_acted_as_already_is_not_led_to_where_one_acts_in_ones_own_name(desk: Desk) -> None:
    desk.bucket("photos")
    act_as_visitor(desk)
    desk.session.actions[ActionId.ACT_AS].trigger()
    dialog = desk.dialog(ActAsDialog)
    desk.until(lambda: dialog.users.itemText(0) == "Nobody is known here yet")
    assert not dialog.add_user.isVisible()


def test_what_was_dropped_by_oneself_is_not_uploaded_in_another_name(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "new.txt").write_text("x")
    go = desk.hold_mutations()
    desk.session.controllers.moving.dropped([tmp_path / "new.txt"], "")
    act_as_visitor(desk)
    go.set()
    desk.until(lambda: bool(desk.storage.list_buckets(desk.me)))
    desk.session._tasks.mutate(lambda _: None, lambda _: desk.session._side.acting.stop())
    desk.until(lambda: desk.session._side.acting.identity is None)
    assert desk.session._side.transfers.snapshots() == ()


def test_buckets_that_are_read_twice_lead_nobody_elsewhere(shared: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    navigator = shared.session.controllers.navigator
    shared.go("private")
    asked = []

    def ask(place: Location, then: object, _: object) -> Ticket:
        asked.append((place, then))
        return Ticket("", None)

    monkeypatch.setattr(shared.session._side.reader, "nearest", ask)
    navigator.look_anew()
    shared.until(lambda: len(asked) == 1)
    navigator._buckets.buckets_changed.emit()
    assert (navigator.place, len(asked)) == (None, 1)
    place, then = asked[0]
    then(Found(place, ""))
    assert navigator.place == Location("private")
