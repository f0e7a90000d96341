package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/secantdev/secant"
)

// Ids of what --demo adds.
const (
	demoSource   = "demo-shop"
	demoWriteKey = "wk_demo_shop"
)

// configure applies the configuration file and adds the demo source.
func (s *server) configure(ctx context.Context) error {
	if s.ConfigFile != "" {
		if err := s.applyConfig(ctx); err != nil {
			return err
		}
	}
	if !s.Demo {
		return nil
	}
	_, err := s.store.Source(ctx, demoSource)
	if !errors.Is(err, secant.ErrNotFound) {
		return err
	}
	_, err = s.store.CreateSource(ctx, secant.Actor{Kind: "system", ID: "demo", Name: "--demo", Role: secant.RoleOwner}, secant.Source{
		ID: demoSource, Name: "Demo shop", Type: "javascript", WriteKeys: []string{demoWriteKey}, Enabled: true,
	})
	if err != nil {
		return fmt.Errorf("add the demo source: %w", err)
	}
	return nil
}
