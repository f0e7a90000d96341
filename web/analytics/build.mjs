// Puts the browser bundle of @segment/analytics-next where the Go program
// embeds it: web/dist/analytics. The pinned package is taken as it is, but for
// what would make a page talk to anybody else than the server that the script
// came from; package collect fills in the marks (__SECANT_...__) per request.
//
// Each change names how often it must apply. When a new version of the package
// breaks that, the build fails, and somebody has to look.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const target = join(here, '..', 'dist', 'analytics')
const require = createRequire(import.meta.url)
const pkg = dirname(dirname(dirname(require.resolve('@segment/analytics-next'))))
const umd = join(pkg, 'dist', 'umd')

// What every page runs first: tells the bundle where it came from, which it
// otherwise finds out by itself for https addresses only.
const prelude =
  '(function(){var s=document.currentScript,' +
  'k=s&&s.getAttribute("data-global-segment-analytics-key")||"analytics",' +
  'a=window[k]=window[k]||[],' +
  'm=s&&/^(https?:\\/\\/.*)\\/analytics\\.js\\/v1\\//.exec(s.src);' +
  'a._cdn=a._cdn||(m?m[1]:"__SECANT_ORIGIN__")})();\n'

const changes = [
  // Events and error telemetry before, or without, the settings document.
  ['"api.segment.io/v1"', '"__SECANT_API_HOST__"', 1],
  [/(\.protocol\)&&void 0!==(\w)\?\2:)"https"/g, '$1"__SECANT_PROTOCOL__"', 2],
  // Settings, chunks and the fallback script.
  ['"https://cdn.segment.com', '"__SECANT_ORIGIN__', 3],
  ['/(https:\\/\\/.*)\\/analytics\\.js\\/v1\\/', '/(https?:\\/\\/.*)\\/analytics\\.js\\/v1\\/', 1],
  // A polyfill from a public CDN, for browsers that nobody has had for years.
  ['return e||void 0!==t[i]&&t[i]>=parseInt(o)}()', 'return!1}()', 1],
  ['"https://cdnjs.cloudflare.com/ajax/libs/babel-polyfill/7.7.0/polyfill.min.js"', '""', 1],
]

function change(text) {
  for (const [from, to, times] of changes) {
    const parts = typeof from === 'string' ? text.split(from).length - 1 : (text.match(from) ?? []).length
    if (parts !== times) {
      throw new Error(`analytics-next has changed: expected ${times} of ${from}, found ${parts}; adapt web/analytics/build.mjs`)
    }
    text = text.replaceAll(from, to)
  }
  if (text.split("'__WRITE_KEY__'").length + text.split('"__WRITE_KEY__"').length !== 3) {
    throw new Error('analytics-next has changed: expected one __WRITE_KEY__; adapt web/analytics/build.mjs')
  }
  return prelude + text
}

// The maps are not shipped.
const withoutMap = (text) => text.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '\n')

rmSync(target, { recursive: true, force: true })
mkdirSync(target, { recursive: true })
writeFileSync(join(target, 'standalone.js'), change(withoutMap(readFileSync(join(umd, 'standalone.js'), 'utf8'))))
const chunks = readdirSync(umd).filter((name) => /^[\w-]+\.bundle\.[0-9a-f]+\.js$/.test(name))
if (chunks.length === 0) throw new Error('analytics-next has changed: no chunks; adapt web/analytics/build.mjs')
for (const name of chunks) {
  writeFileSync(join(target, name), withoutMap(readFileSync(join(umd, name), 'utf8')))
}
writeFileSync(join(target, 'LICENSE'), readFileSync(join(pkg, 'LICENSE.MD')))
