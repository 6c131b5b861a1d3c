// Package idempotency has what the header Idempotency-Key needs (draft-ietf-httpapi-idempotency-key-header): the keys of
// requests and what is compared of requests with the same key, the form in which answers are kept, and the table in the
// database where they are. It does not answer requests: that is for package gateway, and the statements of requests are
// package pgsql's.
//
//	claim ── new ──▶ the request is executed ──▶ its answer is kept ──▶ commit
//	  ├───── kept for the same request ──▶ that answer
//	  ├───── kept for another request ──▶ refused
//	  └───── claimed by a transaction that runs ──▶ refused
package idempotency
