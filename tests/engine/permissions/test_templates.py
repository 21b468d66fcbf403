from __future__ import annotations

from dataclasses import replace

import pytest

from engine.access_types import PolicyCommand, PolicySpec
from engine.errors import InvalidRequest, ObjectNotFound
from engine.permissions.language import describe, misfit, parse, split_bucket, statements, to_sql
from engine.permissions.rows import PolicyTable
from engine.permissions.templates import TEMPLATES, specs_of
from engine.storage import FileStorage
from engine.types import Bucket, RlsContext

VALUES = {"file types": "jpg, .PNG , jpg", "claim and value": "app_metadata.role = admin"}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.id)
def test_a_template_makes_policies_of_the_bucket(template):
    specs = specs_of(template.id, "it's", VALUES.get(template.needs_value, ""))
    assert specs
    assert template.title
    assert template.sentence
    for spec in specs:
        assert misfit(spec) is None
        assert statements(to_sql(spec, None))
        assert describe(spec, None)
        for text in filter(None, (spec.using, spec.check)):
            found = split_bucket(parse(text, PolicyTable.OBJECTS))
            assert found is not None
            assert found[0] == "it's"


def test_names_are_unique():
    specs = [
        spec
        for template in TEMPLATES
        for bucket in ("a", "b")
        for spec in specs_of(template.id, bucket, VALUES.get(template.needs_value, ""))
    ]
    assert len({spec.name for spec in specs}) == len(specs)


def test_every_command_has_its_policy():
    commands = [spec.command for spec in specs_of("owner-only", "a")]
    assert commands == [PolicyCommand.SELECT, PolicyCommand.INSERT, PolicyCommand.UPDATE, PolicyCommand.DELETE]


def test_file_types_are_those_that_were_named():
    insert = specs_of("file-types", "a", "jpg, .PNG , jpg")[1]
    assert insert.check == "bucket_id = 'a' and lower(storage.extension(name)) in ('jpg', 'png')"


@pytest.mark.parametrize(
    ("value", "condition"),
    [
        ("app_metadata.role = admin", "(select auth.jwt() -> 'app_metadata' ->> 'role') = 'admin'"),
        ("plan pro user", "(select auth.jwt() ->> 'plan') = 'pro user'"),
        (" plan=it's ", "(select auth.jwt() ->> 'plan') = 'it''s'"),
    ],
)
def test_a_claim_and_its_value(value: str, condition: str):
    assert specs_of("role-from-claim", "a", value)[0].using == f"bucket_id = 'a' and {condition}"


@pytest.mark.parametrize(
    ("template_id", "value"),
    [("nope", ""), ("file-types", ""), ("file-types", "a b"), ("role-from-claim", "admin"), ("role-from-claim", "")],
)
def test_what_says_nothing_is_refused(template_id: str, value: str):
    with pytest.raises(InvalidRequest):
        specs_of(template_id, "a", value)


def test_their_names_follow_the_bucket(storage: FileStorage, bucket: Bucket, service: RlsContext) -> None:
    for template in ("public-read", "owner-only"):
        storage.policies.apply("".join(to_sql(spec, None) for spec in specs_of(template, "photos")), service)
    own = PolicySpec("Users may read", PolicyTable.OBJECTS, PolicyCommand.SELECT, using="true")
    storage.policies.create(own, service, "photos")
    taken = replace(own, name="Anyone may read: pictures")
    storage.policies.create(taken, service)

    storage.rename_bucket("photos", "pictures", service)

    names = {policy.spec.name for policy in storage.policies.list(service) if policy.bucket == "pictures"}
    mine = {f"Users may {verb} their own objects: pictures" for verb in ("read", "add", "change", "delete")}
    assert names == mine | {"Users may read", "Anyone may read: photos"}
    with pytest.raises(ObjectNotFound):
        storage.info("pictures", "a", RlsContext.anonymous())
