#ifndef SDKRELAY_OPENSSL_SHIM_H
#define SDKRELAY_OPENSSL_SHIM_H
#include <openssl/bio.h>
#include <openssl/cms.h>
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
#include <sys/prctl.h>
// The stack functions are macros, which Swift does not import.
static inline STACK_OF(X509) *sdk_x509_stack_new(void) { return sk_X509_new_null(); }
static inline int sdk_x509_stack_push(STACK_OF(X509) *stack, X509 *certificate) { return sk_X509_push(stack, certificate); }
static inline void sdk_x509_stack_free(STACK_OF(X509) *stack) { sk_X509_free(stack); }
// Whether there is one signature, its digest SHA-256 and its signer's certificate within.
static inline int sdk_cms_is_plain(CMS_ContentInfo *cms) {
  STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(cms);
  X509_ALGOR *digest = NULL;
  if (signers == NULL || sk_CMS_SignerInfo_num(signers) != 1) return 0;
  CMS_SignerInfo_get0_algs(sk_CMS_SignerInfo_value(signers, 0), NULL, NULL, &digest, NULL);
  return digest != NULL && OBJ_obj2nid(digest->algorithm) == NID_sha256;
}
// The signer of a verified signature, as DER for OPENSSL_free; its length, or a negative number.
static inline int sdk_cms_signer(CMS_ContentInfo *cms, unsigned char **der) {
  STACK_OF(X509) *signers = CMS_get0_signers(cms);
  int length = -1;
  if (signers != NULL && sk_X509_num(signers) == 1) length = i2d_X509(sk_X509_value(signers, 0), der);
  sk_X509_free(signers);
  return length;
}
// prctl takes what varies, which Swift does not import.
static inline int sdk_close_memory(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }
static inline void sdk_openssl_free(void *pointer) { OPENSSL_free(pointer); }
#endif
