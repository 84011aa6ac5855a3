/// Signs references and appends the `ds:Signature` to the parent, so that `SignedInfo` is canonicalised where it will be
/// read.
/// - Parameter keyInfo: the `ds:KeyInfo` to put in.
/// - Returns: the signature element.
@discardableResult
public func makeSignature(
  references: [SignatureReference], canonicalization: Canonicalization, key: PrivateKey, id: String? = nil,
  keyInfo: XMLElement, appendingTo parent: XMLElement
) throws -> XMLElement {
  let signature = XMLElement(
    "ds:Signature", uri: XMLNamespaces.ds, namespaces: [XMLNamespace(prefix: "ds", uri: XMLNamespaces.ds)],
    attributes: id.map { [XMLAttribute(local: "Id", value: $0)] } ?? [])
  parent.append(signature)
  let signedInfo = signature.append(XMLElement("ds:SignedInfo", uri: XMLNamespaces.ds))
  let method = XMLElement.algorithm("ds:CanonicalizationMethod", canonicalization.uri)
  method.appendPrefixes(of: canonicalization)
  signedInfo.append(method)
  signedInfo.append(.algorithm("ds:SignatureMethod", SignaturePolicy.signatureMethod))
  for reference in references { signedInfo.append(reference.element()) }
  let value = try key.sign(signedInfo.canonical(canonicalization))
  signature.append(XMLElement("ds:SignatureValue", uri: XMLNamespaces.ds)).append(text: Base64.encode(value))
  signature.append(keyInfo)
  return signature
}
