import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../../..')

// Gives the tests a binary: what SECANT_BIN names, or one built from this
// checkout with the console inside. Test files find it in SECANT_BIN.
export default function setup(): (() => void) | undefined {
  if (process.env.SECANT_BIN) {
    process.env.SECANT_BIN = resolve(root, process.env.SECANT_BIN)
    return undefined
  }
  if (!existsSync(join(root, 'web/dist/console/index.html'))) {
    execFileSync('npm', ['run', 'build', '--workspaces', '--if-present'], { cwd: join(root, 'web'), stdio: 'inherit' })
  }
  const dir = mkdtempSync(join(tmpdir(), 'secant-e2e-'))
  process.env.SECANT_BIN = join(dir, 'secant')
  execFileSync('go', ['build', '-o', process.env.SECANT_BIN, './cmd/secant'], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, CGO_ENABLED: '0' },
  })
  return () => rmSync(dir, { recursive: true, force: true })
}
