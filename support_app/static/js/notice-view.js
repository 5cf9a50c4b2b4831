// The calm card under one's own message: what happened, why, and what one can do.
import { clone, part, setText, show } from "./dom.js";
import { actionButton } from "./message-view.js";
import { formatTime } from "./times.js";
import { word } from "./words.js";

export function fillNotice(place, view) {
  const notice = view.notice ?? editNotice(view.edit);
  if (!notice) return place.replaceChildren();
  const element = place.firstElementChild ?? place.appendChild(clone("notice-template"));
  element.dataset.code = notice.code;
  setText(part(element, "title"), notice.title ?? "");
  setText(part(element, "text"), notice.text ?? "");
  show(part(element, "text"), Boolean(notice.text));
  fillDraft(part(element, "draft"), view.edit);
  fillFact(element, "reason", notice.reason);
  fillFact(element, "rule", notice.rule);
  fillFact(element, "decided_by", notice.decided_by);
  fillFact(element, "since", notice.code === "held" && notice.since ? formatTime(notice.since) : null);
  fillButtons(part(element, "actions"), notice.actions, view.edit ? "edit" : "message");
}

/** A change to a delivered message that others do not see yet. */
function editNotice(edit) {
  if (!edit) return null;
  if (edit.state === "pending") return { code: "pending", title: word("edit-pending"), actions: ["withdraw"] };
  const notice = edit.notice ?? { code: edit.state, actions: ["edit", "withdraw"] };
  return { ...notice, title: word("edit-open") };
}

function fillDraft(element, edit) {
  show(element, Boolean(edit));
  setText(element, edit?.text ?? "");
}

function fillFact(element, name, value) {
  show(part(element, `${name}-row`), Boolean(value));
  setText(part(element, name), value ?? "");
}

function fillButtons(place, actions, target) {
  const wanted = `${target} ${actions.join(" ")}`;
  if (place.dataset.actions === wanted) return;
  place.dataset.actions = wanted;
  place.replaceChildren(...actions.map((action) => noticeButton(action, target)));
}

function noticeButton(action, target) {
  const button = actionButton(action);
  button.dataset.target = target;
  button.classList.replace("button-bare", "button-quiet");
  return button;
}
