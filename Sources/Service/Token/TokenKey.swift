import Crypto
import Foundation
import JWTKit
import XMLSecurity

/// The key that signs the node's own tokens: made at first use, closed to others.
enum TokenKey {
  static func open(in folder: URL) throws -> ES256PrivateKey {
    let file = folder.appending(path: "token-key.pem")
    if let pem = try? String(contentsOf: file, encoding: .utf8) { return try ES256PrivateKey(pem: pem) }
    let pem = P256.Signing.PrivateKey().pemRepresentation
    let new = try Spool(folder: folder).create()
    try new.write(pem)
    try new.close()
    try new.keep(as: file.lastPathComponent)
    return try ES256PrivateKey(pem: pem)
  }
}
