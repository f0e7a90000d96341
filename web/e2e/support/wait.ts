/** Asks until probe returns something other than undefined and false; fails after limit milliseconds, saying what was waited for. */
export async function waitFor<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  limit = 20_000,
): Promise<T> {
  const deadline = Date.now() + limit
  let last: unknown
  for (;;) {
    try {
      const got = await probe()
      if (got !== undefined && got !== false) return got
      last = got
    } catch (error) {
      last = error
    }
    if (Date.now() > deadline) throw new Error(`waited ${limit} ms for ${what}; last: ${String(last)}`)
    await new Promise((done) => setTimeout(done, 40))
  }
}
