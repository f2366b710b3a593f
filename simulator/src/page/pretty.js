// Lays out JSON over several lines without reading its values: a number that JavaScript can't hold, or a
// name that stands there twice, is shown as it was sent. Anything else is left as it is.
export function pretty(text) {
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  let depth = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  // Texts, empty brackets, single marks, everything else between two of these; blanks fall away.
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[[{]\s*[\]}]|[[\]{},:]|[^\s[\]{},:"]+/g) ?? [];
  return tokens.map((token) => {
    switch (token) {
      case "{": case "[": depth += 1; return token + line();
      case "}": case "]": depth -= 1; return line() + token;
      case ",": return token + line();
      case ":": return ": ";
      default: return /^[[{]/.test(token) ? token.replace(/\s/g, "") : token;
    }
  }).join("");
}
