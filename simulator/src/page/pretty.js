// Lays out JSON over several lines without reading its values: a number that JavaScript can't
// represent or a duplicate name is shown as it was sent. Text that isn't JSON is left unchanged.
export function pretty(text) {
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  let depth = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  // Strings, empty brackets, single punctuation marks, and numbers and literals. Whitespace between them is dropped.
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
