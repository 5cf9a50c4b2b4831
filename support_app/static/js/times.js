// Times in the reader's own zone and language.
import { locale } from "./dom.js";

const formats = {
  time: new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" }),
  day: new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" }),
  date: new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", year: "numeric" }),
  full: new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }),
};

export function formatTime(moment, format = "time") {
  const date = new Date(moment);
  return Number.isNaN(date.getTime()) ? "" : (formats[format] ?? formats.full).format(date);
}

export function dayOf(moment) {
  const date = new Date(moment);
  return `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`;
}

export function showLocalTimes(root) {
  for (const element of root.querySelectorAll("time[data-time]")) {
    const text = formatTime(element.dateTime, element.dataset.time);
    if (text) element.textContent = text;
  }
}
