import type { Call, Language, Target } from "./language";
import { literal, quoted, quotedDollar, type Notation } from "./literal";

// Swift reads \\u{7f} and not \\u007f, and "\\(" would interpolate; JSON's
// escapes never produce a lone "\\(", so only the first needs care.
const swiftText = (s: string) => quoted(s).replace(/\\u([0-9a-f]{4})/gi, "\\u{$1}");

const swiftNotation: Notation = {
  null: "nil", true: "true", false: "false", text: swiftText,
  key: (s) => `${swiftText(s)}: `, object: ["[", "]"], array: ["[", "]"], empty: "[:]",
};

const kotlinNotation: Notation = {
  null: "null", true: "true", false: "false", text: quotedDollar,
  key: (s) => `${quotedDollar(s)} to `, object: ["mapOf(", ")"], array: ["listOf(", ")"],
};

const csharpNotation: Notation = {
  null: "null", true: "true", false: "false", text: quoted,
  key: (s) => `[${quoted(s)}] = `, object: ["new() { ", " }"], array: ["new[] { ", " }"], empty: "new()",
};

const dartNotation: Notation = {
  null: "null", true: "true", false: "false", text: quotedDollar,
  key: (s) => `${quotedDollar(s)}: `, object: ["{", "}"], array: ["[", "]"], indent: "  ",
};

/** What a call's method takes before its map, and the map. */
function parts(c: Call): { first: string | undefined; map: unknown } {
  switch (c.type) {
    case "identify":
      return { first: c.userId, map: c.traits };
    case "group":
      return { first: c.groupId, map: c.traits };
    case "alias":
      return { first: c.userId, map: undefined };
    case "page":
    case "screen":
      return { first: c.name, map: c.properties };
    default:
      return { first: c.event, map: c.properties };
  }
}

/** Only TLS can be reached by these SDKs: they always call https. */
const needsTls = (t: Target) =>
  t.origin.startsWith("https:") ? undefined : `This SDK only speaks https, and this server is at ${t.origin}. Put TLS in front of it, or start it with a certificate.`;

const api = (t: Target) => `${new URL(t.origin).host}/v1`;

/** iOS, by `analytics-swift`. */
export const swift: Language = {
  id: "swift",
  label: "Swift",
  syntax: "c",
  note: needsTls,
  steps: (t) => [
    { title: "Add the package", code: "https://github.com/segmentio/analytics-swift.git", syntax: "text" },
    {
      title: "Send",
      code: `import Segment

let analytics = Analytics(configuration: Configuration(writeKey: ${quoted(t.writeKey)})
    .apiHost(${quoted(api(t))})
    .cdnHost(${quoted(api(t))})
    .trackApplicationLifecycleEvents(true))

analytics.track(name: "Signed Up", properties: ["plan": "pro"])`,
      syntax: "c",
    },
  ],
  pretty: (c) => {
    const { first, map } = parts(c);
    const label = { track: "name", screen: "title", identify: "userId", group: "groupId", alias: "newId" }[c.type] ?? "name";
    const list = [first === undefined ? "" : `${label}: ${swiftText(first)}`, map === undefined ? "" : `${c.traits ? "traits" : "properties"}: ${literal(map, swiftNotation)}`];
    return `analytics.${c.type || "track"}(${list.filter(Boolean).join(", ")})`;
  },
};

/** Android, by `analytics-kotlin`. */
export const kotlin: Language = {
  id: "kotlin",
  label: "Kotlin",
  syntax: "c",
  note: needsTls,
  steps: (t) => [
    { title: "Add to build.gradle.kts", code: `implementation("com.segment.analytics.kotlin:android:1.19.2")`, syntax: "c" },
    {
      title: "Send",
      code: `import com.segment.analytics.kotlin.android.Analytics
import com.segment.analytics.kotlin.core.*

val analytics = Analytics(${quoted(t.writeKey)}, applicationContext) {
    apiHost = ${quoted(api(t))}
    cdnHost = ${quoted(api(t))}
    trackApplicationLifecycleEvents = true
}

analytics.track("Signed Up", mapOf("plan" to "pro"))`,
      syntax: "c",
    },
  ],
  pretty: (c) => {
    const { first, map } = parts(c);
    const list = [first === undefined ? "" : quotedDollar(first), map === undefined ? "" : literal(map, kotlinNotation)];
    return `analytics.${c.type || "track"}(${list.filter(Boolean).join(", ")})`;
  },
};

/** React Native, by `@segment/analytics-react-native`. */
export const reactNative: Language = {
  id: "react-native",
  label: "React Native",
  syntax: "js",
  steps: (t) => [
    { title: "Install", code: "npm install @segment/analytics-react-native @segment/sovran-react-native react-native-get-random-values @react-native-async-storage/async-storage", syntax: "shell" },
    {
      title: "Send",
      code: `import { createClient } from "@segment/analytics-react-native";

export const analytics = createClient({
  writeKey: ${quoted(t.writeKey)},
  proxy: ${quoted(`${t.origin}/v1`)},
  cdnProxy: ${quoted(`${t.origin}/v1`)},
  useSegmentEndpoints: true,
  trackAppLifecycleEvents: true,
});

analytics.track("Signed Up", { plan: "pro" });`,
      syntax: "js",
    },
  ],
  pretty: (c) => {
    const { first, map } = parts(c);
    const list = [first === undefined ? "" : quoted(first), map === undefined ? "" : literal(map, { ...dartNotation, text: quoted, key: (s) => `${quoted(s)}: ` })];
    return `analytics.${c.type || "track"}(${list.filter(Boolean).join(", ")});`;
  },
};

/** Flutter, by `segment_analytics`. */
export const flutter: Language = {
  id: "flutter",
  label: "Flutter",
  syntax: "c",
  note: needsTls,
  steps: (t) => [
    { title: "Install", code: "flutter pub add segment_analytics", syntax: "shell" },
    {
      title: "Send",
      code: `final analytics = createClient(Configuration(${quoted(t.writeKey)},
  apiHost: ${quoted(api(t))},
  cdnHost: ${quoted(api(t))},
  trackApplicationLifecycleEvents: true));

analytics.track("Signed Up", properties: {"plan": "pro"});`,
      syntax: "c",
    },
  ],
  pretty: (c) => {
    const { first, map } = parts(c);
    const label = c.traits ? "traits" : "properties";
    const list = [first === undefined ? "" : quotedDollar(first), map === undefined ? "" : `${label}: ${literal(map, dartNotation)}`];
    return `analytics.${c.type || "track"}(${list.filter(Boolean).join(", ")});`;
  },
};

/** Unity and .NET, by `Analytics-CSharp`. */
export const csharp: Language = {
  id: "csharp",
  label: "C#",
  syntax: "c",
  note: needsTls,
  steps: (t) => [
    { title: "Install", code: "dotnet add package Segment.Analytics.CSharp", syntax: "shell" },
    {
      title: "Send",
      code: `using Segment.Analytics;
using Segment.Serialization;

var analytics = new Analytics(new Configuration(
    writeKey: ${quoted(t.writeKey)},
    apiHost: ${quoted(api(t))},
    cdnHost: ${quoted(api(t))}));

analytics.Track("Signed Up", new JsonObject { ["plan"] = "pro" });`,
      syntax: "c",
    },
  ],
  pretty: (c) => {
    const { first, map } = parts(c);
    const method = c.type ? c.type[0]!.toUpperCase() + c.type.slice(1) : "Track";
    const body = map === undefined ? "" : literal(map, csharpNotation).replace(/^new\(\)/, "new JsonObject");
    return `analytics.${method}(${[first === undefined ? "" : quoted(first), body].filter(Boolean).join(", ")});`;
  },
};
