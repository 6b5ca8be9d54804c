"""The account's tags: renaming moves every call, merging keeps one, and a word that calltrack goes by stays."""

import pytest

from calltrack.calls.tag_list import (
    COLOURS,
    ListedTag,
    colour_tag,
    delete_tag,
    list_tags,
    rename_tag,
    restore_tag,
    retire_tag,
)
from calltrack.calls.tags import BadTag, colours_of, known_tags, tag_call, tags_of
from calltrack.calls.views import list_views, save_view
from calltrack.calls.why import NO_JOB
from calltrack.db import Database
from calltrack.models import User
from tests.campaigns.story import Story
from tests.factories import NOON


def listed(story: Story) -> dict[str, ListedTag]:
    return {one.name: one for one in list_tags(story.session, account_id=story.account.id)}


def offered(story: Story) -> list[str]:
    return [tag.name for tag in known_tags(story.session, account_id=story.account.id)]


def test_a_tag_that_was_hung_is_known_with_its_calls(database: Database) -> None:
    with database.write.begin() as session:
        one, two = (story := Story(session)).call(), story.call()
        for call in (one, two):
            tag_call(session, call=call, tag="vip", tagged_by="ana")
        tag_call(session, call=one, tag="angry", tagged_by="ana")
        assert {name: tag.calls for name, tag in listed(story).items()} == {"angry": 1, "vip": 2}
        assert offered(story) == ["angry", "vip"]
        assert list_tags(session, account_id=Story(session).account.id) == []


def test_renaming_moves_every_call_and_keeps_the_colour(database: Database) -> None:
    with database.write.begin() as session:
        call, own = (story := Story(session)).call(), story.account.id
        tag_call(session, call=call, tag="vip", tagged_by="ana")
        colour_tag(session, account_id=own, name="VIP", colour="blue")
        assert not rename_tag(session, account_id=own, name="vip", to="Very Important")
        assert tags_of(session, call_id=call.id) == ["very important"]
        assert colours_of(session, account_id=own) == {"very important": "blue"}
        assert offered(story) == ["very important"]


def test_a_tag_that_gets_the_name_of_another_becomes_one_with_it(database: Database) -> None:
    with database.write.begin() as session:
        both, one = (story := Story(session)).call(), story.call()
        for call, tag in ((both, "vip"), (both, "v.i.p."), (one, "v.i.p.")):
            tag_call(session, call=call, tag=tag, tagged_by="ana")
        assert rename_tag(session, account_id=story.account.id, name="v.i.p.", to="vip")
        assert [tags_of(session, call_id=call.id) for call in (both, one)] == [["vip"], ["vip"]]
        assert offered(story) == ["vip"]


def test_a_retired_tag_is_offered_no_longer_and_stays_on_its_calls(database: Database) -> None:
    with database.write.begin() as session:
        call, own = (story := Story(session)).call(), story.account.id
        tag_call(session, call=call, tag="vip", tagged_by="ana")
        retire_tag(session, account_id=own, name="vip")
        assert (offered(story), tags_of(session, call_id=call.id)) == ([], ["vip"])
        assert listed(story)["vip"].retired_at
        restore_tag(session, account_id=own, name="vip")
        assert offered(story) == ["vip"]


def test_a_deleted_tag_is_off_every_call(database: Database) -> None:
    with database.write.begin() as session:
        call, other = (story := Story(session)).call(), (theirs := Story(session)).call()
        for one in (call, other):
            tag_call(session, call=one, tag="vip", tagged_by="ana")
        delete_tag(session, account_id=story.account.id, name="vip")
        assert (tags_of(session, call_id=call.id), tags_of(session, call_id=other.id)) == ([], ["vip"])
        assert (offered(story), offered(theirs)) == ([], ["vip"])


def test_the_word_that_no_job_came_keeps_its_name(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        story = Story(session)
        tag_call(session, call=story.call(), tag=NO_JOB, tagged_by="ana")
        assert listed(story)[NO_JOB].fixed
        for refuse in (
            lambda: rename_tag(session, account_id=story.account.id, name=NO_JOB, to="x"),
            lambda: delete_tag(session, account_id=story.account.id, name=NO_JOB),
        ):
            with pytest.raises(BadTag, match="no job came"):
                refuse()


def test_a_colour_is_one_of_eight_or_none(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        call, own = (story := Story(session)).call(), story.account.id
        tag_call(session, call=call, tag="vip", tagged_by="ana")
        assert len(COLOURS) == 8
        for colour in (*COLOURS, None):
            colour_tag(session, account_id=own, name="vip", colour=colour)
        assert colours_of(session, account_id=own) == {}
        with pytest.raises(BadTag, match="a colour is one of"):
            colour_tag(session, account_id=own, name="vip", colour="plaid")
        with pytest.raises(BadTag, match="no tag"):
            colour_tag(session, account_id=own, name="nothing", colour="red")


def test_a_retired_tag_stays_retired_under_its_new_name_and_views_follow_it(database: Database) -> None:
    with database.write.begin() as session:
        tag_call(session, call=(story := Story(session)).call(), tag="old", tagged_by="ana")
        person = User(email="ana@example.com", name="Ana", password_hash="x", created_at=NOON)
        session.add(person)
        session.flush()
        for name, query in (("Olds", "tag=old&q=new+boiler"), ("Others", "tag=older")):
            save_view(session, account_id=story.account.id, user_id=person.id, name=name, query=query, shared=False)
        retire_tag(session, account_id=story.account.id, name="old")
        rename_tag(session, account_id=story.account.id, name="old", to="past & gone")
        assert listed(story)["past & gone"].retired_at
        views = list_views(session, account_id=story.account.id, user_id=person.id, role="manager")
        assert [view.query for view in views] == ["tag=past+%26+gone&q=new+boiler", "tag=older"]


def test_no_tag_is_renamed_into_the_word_that_calltrack_goes_by(database: Database) -> None:
    with database.write.begin() as session:
        tag_call(session, call=(story := Story(session)).call(), tag="old", tagged_by="ana")
        with pytest.raises(BadTag, match="no job"):
            rename_tag(session, account_id=story.account.id, name="old", to=NO_JOB)
