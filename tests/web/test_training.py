"""The training over HTTP: the calm path of a learner to the certificate, and cases without one."""

import re
from datetime import timedelta

from flask import Flask
from structlog.testing import capture_logs

from models.mock_chat import Competency
from support_app.access import Actor
from support_app.services import certificates
from tests.factories import UNKIND, World
from tests.services.learning import CONTENT, NOTE, answers_to, asked_chat, back, lead_of, learner_of, pass_quizzes, practise
from tests.services.steps import open_cases
from tests.web.browser import As, enter, error_code
from tests.web.training_pages import REASON, done

FOUR = {item.value: "4" for item in Competency} | {"note": NOTE}


class TestLearning:
    def test_a_module_from_its_first_screen_to_its_quiz(self, here: World, as_person: As) -> None:
        """Failed, explained, repeated, passed; the path shows it and what comes next."""
        learner = as_person(learner_of(here))
        module = CONTENT.modules[0]
        path = f"/training/modules/{module.key}"
        assert path in learner.get("/training").text
        for number, screen in enumerate(module.screens, 1):
            assert f"<h1>{screen.title}</h1>" in learner.get(f"{path}?screen={number}").text
        assert "SAMHSA" in learner.get(f"{path}?screen={len(module.screens)}").text
        assert learner.get(f"{path}?screen={len(module.screens) + 1}").status_code == 404
        page = learner.text_after(learner.post(f"{path}/quiz", answers_to(module, wrong=2)))
        assert 'data-passed="no"' in page
        assert page.count('data-testid="answer-wrong"') == 2
        assert "It is a disclosure, so it belongs to care." in page
        assert done(learner.get("/training").text, "module") == ["no"] * 6
        assert 'data-passed="yes"' in learner.text_after(learner.post(f"{path}/quiz", answers_to(module, wrong=1)))
        page = learner.get("/training").text
        assert done(page, "module") == ["yes", *["no"] * 5]
        assert f'href="/training/modules/{CONTENT.modules[1].key}" data-testid="next-step"' in page

    def test_a_missing_answer_loses_nothing(self, here: World, as_person: As) -> None:
        """The others stay chosen, and the one that is missing is pointed at."""
        learner, module = as_person(learner_of(here)), CONTENT.modules[0]
        chosen = answers_to(module)
        del chosen["medicine"]
        answer = learner.post(f"/training/modules/{module.key}/quiz", chosen)
        assert answer.status_code == 400
        assert answer.text.count(" checked>") == 4
        assert 'id="medicine-missing"' in answer.text
        assert learner.get(f"/training/modules/{module.key}/result").status_code == 404

    def test_the_right_answer_is_not_in_the_page(self, here: World, as_person: As) -> None:
        """Explanations come after the answers."""
        learner = as_person(learner_of(here))
        for module in CONTENT.modules:
            page = learner.get(f"/training/modules/{module.key}/quiz").text
            assert not [question.key for question in module.questions if question.why[:40] in page]

    def test_in_german(self, app: Flask, here: World) -> None:
        """The content speaks the reader's language."""
        learner = enter(app, here, learner_of(here), language="de")
        assert "Zitieren ist kein Angriff" in learner.get("/training/modules/harassment?screen=2").text
        learner.post("/training/scenarios/lonely/start")
        assert "kühlschrank" in learner.get("/training/scenarios/lonely").text
        learner.post("/training/scenarios/lonely/reply", {"step": "0", "words": "Das klingt einsam."})
        assert "komisch, dass jemand fragt" in learner.get("/training/scenarios/lonely").text

    def test_a_conversation(self, here: World, as_person: As) -> None:
        """By buttons and in own words; a reload shows it as it was; at the end what helped and what did not."""
        actor = learner_of(here)
        learner, path = as_person(actor), "/training/scenarios/quarrel"
        assert 'data-testid="start"' in learner.get(path).text
        learner.post(f"{path}/start")
        learner.post(f"{path}/reply", {"step": "0", "reply": "dismisses"})
        learner.post(f"{path}/reply", {"step": "1", "words": "I am sorry, I <b>did not</b> listen."})
        page = as_person(actor).get(path).text
        assert 'data-node="cooled"' in page
        assert "I am sorry, I &lt;b&gt;did not&lt;/b&gt; listen." in page
        for step, reply in enumerate(("openly", "reflects", "openly"), 2):
            answer = learner.post(f"{path}/reply", {"step": str(step), "reply": reply})
        page = learner.text_after(answer)
        assert 'data-ending="together"' in page
        assert page.index("What helped") < page.index("What made it harder")
        assert done(learner.get("/training").text, "scenario") == ["no", "no", "yes"]

    def test_bad_input_to_a_conversation(self, here: World, as_person: As) -> None:
        """Too long, empty, a step that is no number, a reply that is none: a clear sentence, and what was written is still there."""
        learner, path = as_person(learner_of(here)), "/training/scenarios/lonely"
        learner.post(f"{path}/start")
        answer = learner.post(f"{path}/reply", {"step": "0", "words": "x" * 501})
        assert (answer.status_code, "x" * 501 in answer.text) == (400, True)
        assert learner.post(f"{path}/reply", {"step": "0", "words": " "}).status_code == 400
        assert learner.post(f"{path}/reply", {"step": "0", "reply": "end"}).status_code == 400
        assert learner.post(f"{path}/reply", {"step": "many", "reply": "reflects"}).status_code == 400
        assert "This changed in the meantime." in learner.text_after(learner.post(f"{path}/reply", {"step": "7", "reply": "reflects"}))
        assert 'data-node="begin"' in learner.get(path).text

    def test_what_is_typed_is_logged_nowhere(self, here: World, as_person: As) -> None:
        """Neither when it fits nor when it is refused; nor is it in an address."""
        learner, secret = as_person(learner_of(here)), "something only I know"
        learner.post("/training/scenarios/lonely/start")
        with capture_logs() as logs:
            said = learner.post("/training/scenarios/lonely/reply", {"step": "0", "words": secret})
            learner.post("/training/scenarios/lonely/reply", {"step": "1", "words": secret * 50})
        assert secret in learner.get("/training/scenarios/lonely").text
        assert secret not in str(logs) + said.headers["Location"]

    def test_somebody_elses_words_are_not_shown(self, here: World, as_person: As) -> None:
        """A conversation belongs to whoever has it; leads do not read it either."""
        learner = as_person(learner_of(here))
        learner.post("/training/scenarios/lonely/start")
        learner.post("/training/scenarios/lonely/reply", {"step": "0", "words": "something only I know"})
        lead = as_person(lead_of(here))
        for path in ("/training/scenarios/lonely", "/training", "/training/team"):
            assert "something only I know" not in lead.get(path).text


class TestMockChats:
    def ready(self, here: World) -> Actor:
        learner = learner_of(here)
        pass_quizzes(here, learner)
        practise(here, learner)
        return learner

    def test_from_asking_to_the_certificate(self, here: World, as_person: As) -> None:
        """Two sheets, filled in by a lead; then the queue opens."""
        actor = self.ready(here)
        learner, lead = as_person(actor), as_person(lead_of(here))
        for number in (1, 2):
            assert "The leads can see" in learner.text_after(learner.post("/training/mock-chats"))
            (sheet,) = re.findall(r'href="(/training/team/mock-chats/\d+)"', lead.get("/training/team").text)
            assert 'data-testid="sheet"' in lead.get(sheet).text
            lead.post(sheet, FOUR)
            assert f"{number} / 2" in learner.get("/training").text
        page = learner.get("/training").text
        assert 'data-testid="certificate" data-state="valid"' in page
        assert page.count(NOTE) == 2
        assert 'data-testid="next-case"' in learner.get("/review").text

    def test_a_sheet_that_is_not_whole(self, here: World, as_person: As) -> None:
        """Comes back with what was filled in."""
        lead = lead_of(here)
        sheet = f"/training/team/mock-chats/{asked_chat(here, self.ready(here), lead)}"
        answer = as_person(lead).post(sheet, FOUR | {"listens": "6"})
        assert (answer.status_code, answer.text.count(" checked>"), NOTE in answer.text) == (400, 4, True)
        assert as_person(lead).post(sheet, FOUR | {"note": ""}).status_code == 400

    def test_nobody_scores_their_own(self, here: World, as_person: As) -> None:
        """Neither a learner, who has no business on these pages, nor a lead who trains again."""
        actor = self.ready(here)
        lead = lead_of(here)
        sheet = f"/training/team/mock-chats/{asked_chat(here, actor, lead)}"
        assert as_person(actor).post(sheet, FOUR).status_code == 403
        pass_quizzes(here, lead)
        practise(here, lead)
        own = f"/training/team/mock-chats/{asked_chat(here, lead, lead)}"
        assert as_person(lead).get(own).status_code == 403
        assert as_person(lead).post(own, FOUR).status_code == 403
        assert own not in as_person(lead).get("/training/team").text
        assert as_person(here.admin).post(sheet, FOUR).status_code == 403


class TestCases:
    def test_without_a_certificate(self, here: World, as_person: As) -> None:
        """The queue without text and without the button; every action refused with a sentence that leads on."""
        newcomer = as_person(learner_of(here))
        (case,) = open_cases(here, here.say(here.robin, UNKIND)).values()
        page = newcomer.get("/review").text
        assert f'data-case="{case.id}"' in page
        assert 'data-testid="not-certified"' in page
        assert 'data-testid="next-case"' not in page
        assert UNKIND not in page
        assert 'data-testid="claim"' not in newcomer.get(f"/review/cases/{case.id}").text
        form = {"version": str(case.version), "reason": "a reason in words", "rule": "other", "level": "H1", "to": "1", "note": "x"}
        for action in ("claim", "reveal", "keep-alive", "give-back", "release", "return", "undo", "level", "hand-over", "escalate", "ask-opinion", "opinion"):
            answer = newcomer.post(f"/review/cases/{case.id}/{action}", form)
            assert (answer.status_code, "valid certificate" in answer.text) == (403, True), action
        assert error_code(newcomer.call("/review/next")) == (403, "not_certified")

    def test_warned_thirty_days_before(self, here: World, as_person: As) -> None:
        """On the volunteers' page and in the training, not earlier; and told when it has run out."""
        here.pass_time(days=334)
        volunteer = as_person(back(here, here.volunteer))
        assert 'data-testid="certificate-ends"' not in volunteer.get("/review").text
        here.pass_time(days=1)
        assert 'data-testid="certificate-ends"' in volunteer.get("/review").text
        assert 'data-testid="renewal"' in volunteer.get("/training").text
        here.pass_time(days=30)
        volunteer = as_person(back(here, here.volunteer))
        assert 'data-testid="not-certified"' in volunteer.get("/review").text
        assert 'data-state="expired"' in volunteer.get("/training").text

    def test_a_certificate_with_its_reason(self, here: World, as_person: As) -> None:
        """Whoever was certified directly reads why."""
        learner = learner_of(here)
        certificates.certify(here.db, here.admin, user_id=learner.user_id, reason=REASON["reason"], now=here.now)
        assert REASON["reason"] in as_person(learner).get("/training").text
        assert (here.now + timedelta(days=365)).strftime("%Y-%m-%d") in as_person(learner).get("/training").text
        assert 'data-testid="next-case"' in as_person(learner).get("/review").text
