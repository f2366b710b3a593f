// On a phone, meetings and requests are two tabs; on wider screens the tabs are hidden.

const main = document.querySelector("main");
const buttons = document.querySelectorAll("[data-tab]");

export function openTab(name) {
  main.dataset.open = name;
  for (const button of buttons) {
    button.setAttribute("aria-pressed", String(button.dataset.tab === name));
  }
}

for (const button of buttons) button.addEventListener("click", () => openTab(button.dataset.tab));
openTab("meetings");
