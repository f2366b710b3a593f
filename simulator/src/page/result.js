// The result of an action, in one line at the bottom, which screen readers announce.
import { Refused } from "./system.js";

const result = document.getElementById("result");
let silence;
export function announce(text) {
  result.textContent = text;
  clearTimeout(silence);
  silence = setTimeout(() => { result.textContent = ""; }, 8000);
}

// Runs `action` once, however often the button is pressed while it runs. The button keeps the focus.
export async function busy(button, action) {
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  // The result of the previous action is outdated.
  announce("");
  try {
    await action();
  } catch (error) {
    announce(error instanceof Refused ? error.message : "The system does not answer.");
  } finally {
    button.removeAttribute("aria-disabled");
  }
}
