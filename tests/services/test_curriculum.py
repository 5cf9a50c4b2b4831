"""The training content: whole, the same in both languages, and no conversation leads nowhere."""

import pytest

from support_app.services.cues import find_cue
from support_app.services.curriculum import Curriculum, Scenario, Screen, curriculum

LANGUAGES = ("en", "de")
BOTH = pytest.mark.parametrize("content", [curriculum(language) for language in LANGUAGES], ids=LANGUAGES)


def skeleton(content: Curriculum) -> object:
    """Everything but the words."""
    return (
        [
            (
                module.key,
                module.minutes,
                module.sources,
                len(module.screens),
                [(question.key, sorted(question.options), question.answer) for question in module.questions],
            )
            for module in content.modules
        ],
        [
            (
                scenario.key,
                scenario.person,
                scenario.start,
                sorted(scenario.asides),
                [
                    (node.key, len(node.says), node.ending, [(reply.key, reply.cue, reply.to, reply.effect) for reply in node.replies])
                    for node in scenario.nodes
                ],
            )
            for scenario in content.scenarios
        ],
        [(cue.key, cue.effect, cue.question) for cue in content.cues],
    )


def reached_from(scenario: Scenario, start: str) -> set[str]:
    """Every node a conversation can come to."""
    reached, waiting = set(), [start]
    while waiting:
        key = waiting.pop()
        if key not in reached:
            reached.add(key)
            waiting += [reply.to for reply in scenario.node(key).replies]
    return reached


def test_both_languages_are_the_same_training() -> None:
    """Modules, sources, questions, right answers, branches, cues."""
    assert skeleton(curriculum("en")) == skeleton(curriculum("de"))


def test_no_sentence_was_left_untranslated() -> None:
    """Sources keep their titles and names; what is read or chosen does not stay English."""
    english, german = curriculum("en"), curriculum("de")
    for one, other in zip(english.modules, german.modules, strict=True):
        assert not {screen.text for screen in one.screens} & {screen.text for screen in other.screens}
        assert not {question.why for question in one.questions} & {question.why for question in other.questions}
    for one, other in zip(english.scenarios, german.scenarios, strict=True):
        assert not {reply.text for node in one.nodes for reply in node.replies} & {reply.text for node in other.nodes for reply in node.replies}


def test_a_language_without_content_gets_english() -> None:
    """Rather than an empty page."""
    assert curriculum("fr") == curriculum("en")


@BOTH
def test_modules_are_short_and_name_their_sources(content: Curriculum) -> None:
    """Six modules, 3 to 6 screens, 5 to 8 questions with three options each."""
    assert len(content.modules) == 6
    for module in content.modules:
        assert 3 <= len(module.screens) <= 6, module.key
        assert 5 <= len(module.questions) <= 8, module.key
        assert module.sources, module.key
        assert all(len(set(question.options.values())) == 3 for question in module.questions), module.key
        assert len({question.key for question in module.questions}) == len(module.questions)


@BOTH
def test_every_conversation_can_end_well_from_anywhere(content: Curriculum) -> None:
    """No step leads into nothing, no node is out of reach, three replies each; only an end cannot be left."""
    assert len(content.scenarios) >= 3
    for scenario in content.scenarios:
        keys = {node.key for node in scenario.nodes}
        assert reached_from(scenario, scenario.start) == keys, scenario.key
        for node in scenario.nodes:
            assert bool(node.replies) is (node.ending is None), node.key
            if node.replies:
                assert len(node.replies) == len({reply.cue for reply in node.replies}) == 3, node.key
                assert "end" in reached_from(scenario, node.key), node.key


@BOTH
def test_own_words_are_understood_like_the_replies(content: Curriculum) -> None:
    """Whoever types what a button says gets where the button leads: the cues are those that the replies claim to be."""
    known = {cue.key for cue in content.cues}
    for scenario in content.scenarios:
        assert set(scenario.asides) <= known
        for node in scenario.nodes:
            for reply in node.replies:
                found = find_cue(reply.text, content.cues)
                assert found, (scenario.key, node.key, reply.key)
                assert found.key == reply.cue, (scenario.key, node.key, reply.key)


@pytest.mark.parametrize(
    ("language", "words", "cue"),
    [
        ("en", "Do you want to die?", "asks_suicide"),
        ("en", "people want to die sometimes", None),
        ("en", "ARE YOU SUICIDAL?", "asks_suicide"),
        ("en", "How would you kill yourself?", "asks_details"),
        ("en", "just kill yourself", "hits_back"),
        ("en", "So you wrote. I\N{RIGHT SINGLE QUOTATION MARK}m glad.", "reflects"),
        ("en", "What was it like?", "asks_openly"),
        ("en", "You should sleep. What do you think?", "advice"),
        ("en", "somewhat", None),
        ("de", "Hast du Suizidgedanken?", "asks_suicide"),
        ("de", "Wie würdest du dich umbringen?", "asks_details"),
        ("de", "Wie geht es dir?", "asks_openly"),
        ("de", "mmh", None),
    ],
)
def test_cues(language: str, words: str, cue: str | None) -> None:
    """By phrases at the beginning of words; a question only where something is asked."""
    found = find_cue(words, curriculum(language).cues)
    assert (found.key if found else None) == cue


def test_blocks_of_a_screen() -> None:
    """Paragraphs and lists."""
    assert Screen(title="", text="\none\nline\n\n- a\n- b\n").blocks == ["one line", ["a", "b"]]
