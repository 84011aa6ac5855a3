import Foundation
import SDKRelay
import XMLSecurity

/// Copies an attachment out of the message store and checks that it is what was received.
enum AttachmentCopy {
  static func make(of source: StoredFile, _ file: StoredContent.File, in folder: SafeFolder) throws -> URL {
    let (url, handle) = try folder.create(file.name)
    do {
      let digest = DigestSink(.sha256, next: FileSink(handle))
      try naming(source.url, file.name) { try source.write(into: digest) }
      try digest.close()
      guard Hexadecimal.encode(digest.digest()) == file.sha256 else {
        throw CommandProblem.refused("an attachment in the store is not what was received")
      }
      return url
    } catch {
      unlink(url.path)
      throw error
    }
  }
}

/// Runs what reads a file of the node's data; what is wrong with that file names it.
func naming<Value>(_ file: URL?, _ name: String, _ read: () throws -> Value) throws -> Value {
  do {
    return try read()
  } catch let problem as SpoolProblem {
    throw CommandProblem.couldNotRun("\(name) cannot be read\(file.map { " from \($0.path)" } ?? ""): \(problem)")
  }
}

/// Writes into an open file.
final class FileSink: ByteSink {
  private let handle: FileHandle

  init(_ handle: FileHandle) {
    self.handle = handle
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    try handle.write(contentsOf: Data(bytes))
  }

  func close() throws {
    try handle.close()
  }
}
