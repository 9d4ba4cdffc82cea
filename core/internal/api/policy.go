package api

import (
	"slices"

	"github.com/cordboard/cordboard/core/internal/access"
)

// Policy is who may do what: it is made of the operations as they are registered, so it says what holds.
type Policy struct {
	Roles []RolePolicy `json:"roles" doc:"The weakest first."`
	Areas []Area       `json:"areas"`
}

// RolePolicy is what a role allows.
type RolePolicy struct {
	Role   access.Role    `json:"role"`
	Scopes []access.Scope `json:"scopes"`
}

// Area is a part of the gateway with its operations.
type Area struct {
	Name       string `json:"name" doc:"As the API's reference has it."`
	Operations []Deed `json:"operations"`
}

// Deed is something that can be done, and the scope that it asks for.
type Deed struct {
	Summary string       `json:"summary"`
	Scope   access.Scope `json:"scope"`
}

// NewPolicy is what the roles allow, without any operation yet.
func NewPolicy() *Policy {
	p := &Policy{Areas: []Area{}}
	for _, role := range access.Roles() {
		scopes := access.Scopes()
		p.Roles = append(p.Roles, RolePolicy{role, scopes[:slices.Index(scopes, role.Scope())+1]})
	}
	return p
}

// Add adds an operation; what is open to anybody is left out.
func (p *Policy) Add(area, summary string, scope access.Scope) {
	if !slices.Contains(access.Scopes(), scope) {
		return
	}
	i := slices.IndexFunc(p.Areas, func(a Area) bool { return a.Name == area })
	if i < 0 {
		i, p.Areas = len(p.Areas), append(p.Areas, Area{Name: area})
	}
	p.Areas[i].Operations = append(p.Areas[i].Operations, Deed{summary, scope})
}
