// What becomes of an action: said in one line at the bottom, which screen readers speak.
import { Refused } from "./system.js";

const result = document.getElementById("result");
let silence;
export function announce(text) {
  result.textContent = text;
  clearTimeout(silence);
  silence = setTimeout(() => { result.textContent = ""; }, 8000);
}

// Runs `action` once, however often the button is pressed meanwhile. It keeps the focus.
export async function busy(button, action) {
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  // What the action before came to is old news.
  announce("");
  try {
    await action();
  } catch (error) {
    announce(error instanceof Refused ? error.message : "The system does not answer.");
  } finally {
    button.removeAttribute("aria-disabled");
  }
}
