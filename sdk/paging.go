package sdk

import (
	"strconv"
	"strings"
)

// Number is the page number or the offset that a cursor of NextNumber or NextOffset holds; first is that of an empty one.
func (c Cursor) Number(first int) int {
	if n, err := strconv.Atoi(string(c)); err == nil {
		return n
	}
	return first
}

// NextNumber is a page of a list that is asked for by page numbers, the first of which is first: ?page=1, ?page=2. at is what the
// page was asked with, size how many items a full page has; one that is not full is the last. For a provider that
// leaves items out of full pages, make the Page by hand.
func NextNumber[T any](items []T, at Cursor, first, size int) Page[T] {
	return nextAt(items, at.Number(first)+1, size)
}

// NextOffset is a page of a list that is asked for by how many items to pass over: ?offset=0, ?offset=50. at and size are as in
// NextNumber.
func NextOffset[T any](items []T, at Cursor, size int) Page[T] {
	return nextAt(items, at.Number(0)+len(items), size)
}

func nextAt[T any](items []T, next, size int) Page[T] {
	if len(items) == 0 || len(items) < size {
		return Page[T]{Items: items}
	}
	return Page[T]{Items: items, Next: Cursor(strconv.Itoa(next)), More: true}
}

// NextLink is a page of a list whose answers name the next page in the header Link, with rel="next". The cursor is that address, for
// HTTP.Get; like any other it may only lead to hosts that the connector declares.
func NextLink[T any](items []T, resp *Response) Page[T] {
	for _, link := range strings.Split(strings.Join(resp.Header.Values("Link"), ","), ",") {
		address, params, _ := strings.Cut(link, ";")
		address = strings.TrimSpace(address)
		for _, param := range strings.Split(params, ";") {
			name, value, _ := strings.Cut(strings.TrimSpace(param), "=")
			if strings.EqualFold(name, "rel") && strings.EqualFold(strings.Trim(value, `"`), "next") && strings.HasPrefix(address, "<") && strings.HasSuffix(address, ">") {
				return Page[T]{Items: items, Next: Cursor(address[1 : len(address)-1]), More: true}
			}
		}
	}
	return Page[T]{Items: items}
}
