"""Who may use a bucket: the list, templates, the editor, pasted SQL, the tester."""

from __future__ import annotations

from app.actions import ActionId
from app.dialogs.access_tester import AccessTester
from app.dialogs.delete_dialog import DeleteDialog
from app.dialogs.paste_sql_dialog import PasteSqlDialog
from app.dialogs.policies_dialog import PoliciesDialog
from app.dialogs.policy_editor import PolicyEditor
from app.dialogs.template_dialog import TemplateDialog
from engine.access_types import PolicyCommand, PolicySpec
from engine.permissions.rows import PolicyTable
from tests.app.helpers import Desk
from tests.screenshots.props import act, furnish

OWN_FOLDER = "(storage.foldername(name))[1] = (select auth.uid())::text"
SQL = f"""create policy "Members see pictures"
  on storage.objects for select
  to authenticated
  using (bucket_id = 'photos' and storage.extension(name) in ('jpg', 'png'));

-- uploads go to one's own folder
create policy "Members add to their folder"
  on storage.objects for insert
  to authenticated
  with check (bucket_id = 'photos' and {OWN_FOLDER});
"""


def _opened(desk: Desk) -> PoliciesDialog:
    act(desk, ActionId.POLICIES)
    return desk.dialog(PoliciesDialog)


def _listed(desk: Desk) -> PoliciesDialog:
    furnish(desk)
    every = (
        PolicySpec("Own folder", PolicyTable.OBJECTS, PolicyCommand.ALL, ("authenticated",), OWN_FOLDER),
        PolicySpec(
            "Only pictures of less than ten megabytes are added",
            PolicyTable.OBJECTS,
            PolicyCommand.INSERT,
            ("editor", "reviewer"),
            None,
            "storage.extension(name) in ('jpg', 'png') and (metadata ->> 'size')::int < 10000000",
            permissive=False,
        ),
    )
    for spec in every:
        desk.storage.policies.create(spec, desk.me, bucket="photos")
    shared = PolicySpec(
        "Visitors see the shared folder",
        PolicyTable.OBJECTS,
        PolicyCommand.SELECT,
        ("public",),
        "(storage.foldername(name))[1] = 'shared'",
    )
    desk.storage.policies.set_enabled(desk.storage.policies.create(shared, desk.me).id, False, desk.me)
    dialog = _opened(desk)
    desk.until(lambda: dialog.list.model().rowCount() == 3)
    return dialog


def policies(desk: Desk) -> None:
    _listed(desk)


def no_policies(desk: Desk) -> None:
    furnish(desk)
    _opened(desk)


def public_bucket(desk: Desk) -> None:
    furnish(desk, public=True)
    _opened(desk)


def policy_templates(desk: Desk) -> None:
    furnish(desk)
    _opened(desk).new.click()
    desk.dialog(TemplateDialog).list.setCurrentRow(3)


def policy_editor(desk: Desk) -> None:
    _listed(desk).edit.click()
    desk.dialog(PolicyEditor)


def policy_mistake(desk: Desk) -> None:
    policy_editor(desk)
    edit = desk.dialog(PolicyEditor).form.check.edit
    edit.setPlainText(
        "(storage.foldername(name))[1] = 'shared' -- all see it\n  and ownr_id = (select auth.uid())::text"
    )
    edit.setFocus()


def policies_pasted(desk: Desk) -> None:
    _listed(desk).paste.click()
    desk.dialog(PasteSqlDialog).field.edit.setPlainText(SQL)


def pasted_mistake(desk: Desk) -> None:
    _listed(desk).paste.click()
    desk.dialog(PasteSqlDialog).field.edit.setPlainText(SQL.replace("(storage.foldername(name))[1]", "ownr_id"))


def pasted_for_nothing(desk: Desk) -> None:
    _listed(desk).paste.click()
    desk.dialog(PasteSqlDialog).field.edit.setPlainText(SQL.replace("'photos'", "'fotos'"))


def policies_deleted(desk: Desk) -> None:
    dialog = _listed(desk)
    dialog.list.selectAll()
    dialog.delete.click()
    desk.dialog(DeleteDialog).confirm.click()
    desk.until(dialog.undo.isVisible)


def typed_and_left(desk: Desk) -> None:
    _listed(desk).paste.click()
    pasted = desk.dialog(PasteSqlDialog)
    pasted.field.edit.setPlainText(SQL)
    pasted.reject()


def access_tested(desk: Desk) -> None:
    _listed(desk).close()
    desk.select("notes.txt")
    act(desk, ActionId.TEST_ACCESS)
    tester = desk.dialog(AccessTester)
    tester.form.who.setCurrentIndex(1)
    tester.form.user_id.setText("5f0c2a9e")
    tester.form.path.setText("2026/summer/beach.jpg")


def move_tested(desk: Desk) -> None:
    access_tested(desk)
    form = desk.dialog(AccessTester).form
    form.commands.button(4).click()
    form.target_path.setText("archive/beach.jpg")


def bucket_tested(desk: Desk) -> None:
    access_tested(desk)
    form = desk.dialog(AccessTester).form
    form.who.setCurrentIndex(form.who.count() - 1)
    form.role.setText("editor")
    form.about.setCurrentIndex(1)


def all_of_a_question(desk: Desk) -> None:
    move_tested(desk)
    form = desk.dialog(AccessTester).form
    form.who.setCurrentIndex(form.who.count() - 1)
    form.role.setText("editor")
    form.details.set_open(True)


SCENES = (
    policies, no_policies, public_bucket, policy_templates, policy_editor, policy_mistake, policies_pasted,
    pasted_mistake, pasted_for_nothing, policies_deleted, typed_and_left, access_tested, move_tested,
    bucket_tested, all_of_a_question,
)  # fmt: skip
