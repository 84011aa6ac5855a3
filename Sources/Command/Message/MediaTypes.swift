import Foundation

/// The media type of a file to attach, by the end of its name. Every participant takes PDF; what else, it says itself.
func mediaType(of file: URL) -> String {
  mediaTypes[file.pathExtension.lowercased()] ?? "application/octet-stream"
}

private let mediaTypes = [
  "pdf": "application/pdf", "txt": "text/plain", "md": "text/markdown", "csv": "text/csv", "xml": "application/xml",
  "json": "application/json", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "tif": "image/tiff",
  "tiff": "image/tiff", "zip": "application/zip", "rtf": "application/rtf",
  "odt": "application/vnd.oasis.opendocument.text", "ods": "application/vnd.oasis.opendocument.spreadsheet",
  "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
]
