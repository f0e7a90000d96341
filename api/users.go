package api

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/store"
)

// userStore keeps people. It also sees to it that nobody gives or takes a role
// above their own, and that one owner stays.
type userStore interface {
	ListUsers(ctx context.Context, p store.Page) (store.List[secant.User], error)
	User(ctx context.Context, id string) (secant.User, error)
	CreateUser(ctx context.Context, by secant.Actor, u store.NewUser) (secant.User, error)
	UpdateUser(ctx context.Context, by secant.Actor, id string, p store.UserPatch) (secant.User, error)
	DeleteUser(ctx context.Context, by secant.Actor, id string) error
}

var userEndpoints = []endpoint{
	on("GET", "/api/users", secant.RoleAdmin, "List people", (*API).listUsers, paged),
	on("POST", "/api/users", secant.RoleAdmin, "Add a person", (*API).createUser, created),
	on("GET", "/api/users/{id}", secant.RoleAdmin, "Get a person", (*API).getUser),
	on("PATCH", "/api/users/{id}", secant.RoleAdmin, "Change a person", (*API).updateUser),
	on("DELETE", "/api/users/{id}", secant.RoleAdmin, "Remove a person and end their sessions", (*API).deleteUser),
}

// userV1 is Segment's UserV1 with our fields behind theirs.
type userV1 struct {
	ID          string       `json:"id"`
	Name        string       `json:"name"`
	Email       string       `json:"email"`
	Permissions []permission `json:"permissions"`

	Role      secant.Role `json:"role"`
	CreatedAt Stamp       `json:"createdAt"`
}

// permission is Segment's PermissionV1: here, one role in the whole workspace.
type permission struct {
	RoleName  secant.Role          `json:"roleName"`
	RoleID    secant.Role          `json:"roleId"`
	Resources []permissionResource `json:"resources"`
}

type permissionResource struct {
	ID   string `json:"id"`
	Type string `json:"type"`
}

type userData struct {
	User     userV1 `json:"user"`
	Password string `json:"password,omitempty"`
}

type usersData struct {
	Users      []userV1   `json:"users"`
	Pagination pagination `json:"pagination"`
}

func (a *API) userOf(u secant.User) userV1 {
	return userV1{ID: u.ID, Name: u.Name, Email: u.Email, Role: u.Role, CreatedAt: Stamp(u.CreatedAt),
		Permissions: []permission{{u.Role, u.Role, []permissionResource{{a.workspace().ID, "WORKSPACE"}}}}}
}

func (a *API) listUsers(c *call, _ none) (usersData, error) {
	p, err := c.page()
	if err != nil {
		return usersData{}, err
	}
	list, err := a.Store.ListUsers(c.ctx(), p)
	if err != nil {
		return usersData{}, fmt.Errorf("list people: %w", err)
	}
	out := usersData{Users: make([]userV1, len(list.Items)), Pagination: pageOf(p, list)}
	for i, u := range list.Items {
		out.Users[i] = a.userOf(u)
	}
	return out, nil
}

func (a *API) getUser(c *call, _ none) (userData, error) {
	u, err := a.Store.User(c.ctx(), c.id("id"))
	if err != nil {
		return userData{}, fmt.Errorf("get person: %w", err)
	}
	return userData{User: a.userOf(u)}, nil
}

type createUserInput struct {
	Email    string      `json:"email"`
	Name     string      `json:"name,omitempty"`
	Role     secant.Role `json:"role"`
	Password string      `json:"password,omitempty"`
}

func (a *API) createUser(c *call, in createUserInput) (userData, error) {
	if err := required("email", in.Email, "role", string(in.Role)); err != nil {
		return userData{}, err
	}
	made := ""
	if in.Password == "" {
		made = rand.Text()
		in.Password = made
	}
	u, err := a.Store.CreateUser(c.ctx(), c.who, store.NewUser{Email: in.Email, Name: in.Name, Role: in.Role, Password: in.Password})
	if err != nil {
		return userData{}, fmt.Errorf("add person: %w", err)
	}
	return userData{User: a.userOf(u), Password: made}, nil
}

type updateUserInput struct {
	Email    *string      `json:"email,omitempty"`
	Name     *string      `json:"name,omitempty"`
	Role     *secant.Role `json:"role,omitempty"`
	Password *string      `json:"password,omitempty"`
}

func (a *API) updateUser(c *call, in updateUserInput) (userData, error) {
	u, err := a.Store.UpdateUser(c.ctx(), c.who, c.id("id"),
		store.UserPatch{Email: in.Email, Name: in.Name, Role: in.Role, Password: in.Password})
	if err != nil {
		return userData{}, fmt.Errorf("change person: %w", err)
	}
	return userData{User: a.userOf(u)}, nil
}

func (a *API) deleteUser(c *call, _ none) (deletion, error) {
	if err := a.Store.DeleteUser(c.ctx(), c.who, c.id("id")); err != nil {
		return deletion{}, fmt.Errorf("remove person: %w", err)
	}
	return success, nil
}
