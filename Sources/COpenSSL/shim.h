#ifndef SDKRELAY_OPENSSL_SHIM_H
#define SDKRELAY_OPENSSL_SHIM_H
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
// The stack functions are macros, which Swift does not import.
static inline STACK_OF(X509) *sdk_x509_stack_new(void) { return sk_X509_new_null(); }
static inline int sdk_x509_stack_push(STACK_OF(X509) *stack, X509 *certificate) { return sk_X509_push(stack, certificate); }
static inline void sdk_x509_stack_free(STACK_OF(X509) *stack) { sk_X509_free(stack); }
static inline void sdk_openssl_free(void *pointer) { OPENSSL_free(pointer); }
#endif
