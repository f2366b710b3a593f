// The result of an action, in one line at the bottom, which screen readers announce.
import { Refused } from "./system.js";

const result = document.getElementById("result");
let timer;
export function announce(text) {
  result.textContent = text;
  clearTimeout(timer);
  timer = setTimeout(() => { result.textContent = ""; }, 8000);
}

// Runs `action`, and ignores the button until it ends. The button isn't disabled, so that it keeps the focus.
export async function busy(button, action) {
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  // The result of the previous action is outdated.
  announce("");
  try {
    await action();
  } catch (error) {
    announce(error instanceof Refused ? error.message : "The system doesn’t answer.");
  } finally {
    button.removeAttribute("aria-disabled");
  }
}
