package catalog

import (
	"context"
	"fmt"
)

// MayDial reports whether a connector is allowed to dial by itself, in whichever version asks for it.
func (c *Catalog) MayDial(name string) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.direct[name]
}

// AllowDirect lets a connector dial by itself, or no more.
func (c *Catalog) AllowDirect(ctx context.Context, name string, allowed bool) error {
	if c.store != nil {
		if err := c.store.SetDirect(ctx, name, allowed); err != nil {
			return fmt.Errorf("save that connector %s may dial: %w", name, err)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.direct == nil {
		c.direct = map[string]bool{}
	}
	c.direct[name] = allowed
	return nil
}

// FollowDirect takes in which connectors may dial by themselves, and returns those for which that is news.
func (c *Catalog) FollowDirect(ctx context.Context) (news []string, err error) {
	allowed, err := c.store.DirectConnectors(ctx)
	if err != nil {
		return nil, fmt.Errorf("load which connectors may dial: %w", err)
	}
	direct := make(map[string]bool, len(allowed))
	for _, name := range allowed {
		direct[name] = true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for name := range direct {
		if !c.direct[name] {
			news = append(news, name)
		}
	}
	for name, may := range c.direct {
		if may && !direct[name] {
			news = append(news, name)
		}
	}
	c.direct = direct
	return news, nil
}
