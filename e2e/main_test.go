package e2e

import (
	"fmt"
	"testing"

	"github.com/secantdev/secant/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// one returns a workspace file with one web source, whose write key is wk_web,
// and one webhook.
func one(hook string) string {
	return fmt.Sprintf(`sources:
  - {id: web, name: Web, type: javascript, writeKeys: [wk_web]}
destinations:
  - {id: hook, source: web, type: webhook, enabled: true, settings: {url: %q}}
`, hook)
}

// track returns a track call with the messageId.
func track(id string) string {
	return fmt.Sprintf(`{"type":"track","event":"Tested","userId":"u1","messageId":%q}`, id)
}
