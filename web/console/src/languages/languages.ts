import { go } from "./go";
import { http, pixel } from "./http";
import { java } from "./java";
import { browser, npm } from "./javascript";
import type { Language } from "./language";
import { csharp, flutter, kotlin, reactNative, swift } from "./mobile";
import { node } from "./node";
import { php } from "./php";
import { python } from "./python";
import { ruby } from "./ruby";

/** Every way to send events that the console can explain. */
export const languages: readonly Language[] = [
  browser, npm, node, go, python, ruby, php, java, swift, kotlin, reactNative, flutter, csharp, http, pixel,
];

const ofKind: Record<string, Language> = {
  javascript: browser, pixel, ios: swift, android: kotlin, "react-native": reactNative, flutter, unity: csharp,
  server: node, node, go, python, ruby, php, java, dotnet: csharp, http,
};

/** The language that a source of this kind most likely uses. */
export const languageOf = (kind: string): Language => ofKind[kind] ?? http;
