for (const time of document.querySelectorAll("time")) {
  const language = document.documentElement.lang;
  const own = navigator.languages.find((tag) => tag.split("-")[0] === language) || language;
  const words = { weekday: "long", year: "numeric", month: "long", day: "numeric", hour: "numeric", minute: "2-digit", timeZoneName: "short" };
  const when = new Date(time.dateTime);
  if (!isNaN(when)) time.textContent = new Intl.DateTimeFormat(own, words).format(when);
}
