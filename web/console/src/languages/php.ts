import type { Language, Target } from "./language";
import { fieldsOf, literal, type Notation } from "./literal";

const single = (s: string) => `'${s.replace(/[\\']/g, (c) => `\\${c}`)}'`;

const notation: Notation = {
  null: "null", true: "true", false: "false", text: single,
  key: (s) => `${single(s)} => `, object: ["[", "]"], array: ["[", "]"],
};

const address = (t: Target) => new URL(t.origin);

/** PHP, by `segmentio/analytics-php`. */
export const php: Language = {
  id: "php",
  label: "PHP",
  syntax: "c",
  steps: (t) => [
    { title: "Install", code: "composer require segmentio/analytics-php", syntax: "shell" },
    {
      title: "Send",
      code: `<?php
require 'vendor/autoload.php';

use Segment\\Segment;

Segment::init(${single(t.writeKey)}, [
    'host' => ${single(address(t).host)},
    'ssl' => ${address(t).protocol === "https:"},
]);

Segment::track([
    'userId' => 'user-123',
    'event' => 'Signed Up',
    'properties' => ['plan' => 'pro'],
]);

Segment::flush(); // before the process ends`,
      syntax: "c",
    },
  ],
  pretty: (c) => `Segment::${c.type || "track"}(${literal(fieldsOf(c), notation, "", 0)});`,
};
