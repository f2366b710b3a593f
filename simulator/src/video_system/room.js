// Updates the list of participants every five seconds, without reloading the page.
setInterval(async () => {
  try {
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const people = page.querySelector("ul");
    if (people && people.textContent !== document.querySelector("ul").textContent) {
      document.querySelector("ul").replaceChildren(...people.children);
    }
  } catch {
    // The system is down; it may come back.
  }
}, 5000);
