import type { Syntax } from "../languages/language";

/** What a piece of code is, for its colour. */
export type Kind = "plain" | "string" | "number" | "key" | "keyword" | "comment";

export interface Piece {
  kind: Kind;
  text: string;
}

const words: Partial<Record<Syntax, string>> = {
  js: "import|from|export|const|let|var|new|await|async|function|return|if|for|window|true|false|null|undefined",
  c: "package|import|func|defer|if|nil|new|let|val|var|final|using|use|require|return|true|false|null|to",
  python: "import|as|from|require|new|True|False|None|true|false|nil",
  shell: "curl|npm|pip|go|composer|install|flutter|dotnet|GET",
  json: "true|false|null",
};

const comments: Partial<Record<Syntax, string>> = { js: "\\/\\/[^\\n]*", c: "\\/\\/[^\\n]*", python: "#[^\\n]*" };

const cache = new Map<Syntax, RegExp | null>();

function rules(syntax: Syntax): RegExp | null {
  const known = cache.get(syntax);
  if (known !== undefined) return known;
  const parts: string[] = [];
  if (syntax === "html") {
    parts.push('(?<string>"[^"\\n]*")', "(?<keyword><\\/?[a-zA-Z]+|\\/?>)");
  } else if (syntax !== "text") {
    if (syntax === "json") parts.push('(?<key>"(?:[^"\\\\]|\\\\.)*"(?=\\s*:))');
    if (comments[syntax]) parts.push(`(?<comment>${comments[syntax]})`);
    parts.push("(?<string>\"(?:[^\"\\\\\\n]|\\\\.)*\"|'(?:[^'\\\\]|\\\\.)*')");
    parts.push("(?<number>(?<![\\w.])-?\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?(?![\\w.]))");
    if (words[syntax]) parts.push(`(?<keyword>\\b(?:${words[syntax]})\\b)`);
  }
  const rule = parts.length > 0 ? new RegExp(parts.join("|"), "g") : null;
  cache.set(syntax, rule);
  return rule;
}

/** Cuts code into coloured pieces; joined they are the code again. */
export function highlight(code: string, syntax: Syntax): Piece[] {
  const rule = rules(syntax);
  if (!rule || code.length > 100_000) return [{ kind: "plain", text: code }];
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of code.matchAll(rule)) {
    if (match.index > end) pieces.push({ kind: "plain", text: code.slice(end, match.index) });
    const kind = Object.entries(match.groups ?? {}).find(([, v]) => v !== undefined)?.[0] as Kind;
    pieces.push({ kind, text: match[0] });
    end = match.index + match[0].length;
  }
  if (end < code.length) pieces.push({ kind: "plain", text: code.slice(end) });
  return pieces;
}
