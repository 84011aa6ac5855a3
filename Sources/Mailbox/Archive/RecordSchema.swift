/// `schemas/record.xsd`: the form of `record.xml`, which a package brings along.
enum RecordSchema {
  static let text = """
    <?xml version="1.0" encoding="UTF-8"?>
    <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="\(MessageRecord.namespace)"
      targetNamespace="\(MessageRecord.namespace)" elementFormDefault="qualified">
      <xs:element name="record">
        <xs:complexType>
          <xs:sequence>
            <xs:element name="messageId" type="xs:string"/>
            <xs:element name="conversationId" type="xs:string"/>
            <xs:element name="refToMessageId" type="xs:string" minOccurs="0"/>
            <xs:element name="direction">
              <xs:simpleType>
                <xs:restriction base="xs:string">
                  <xs:enumeration value="in"/>
                  <xs:enumeration value="out"/>
                </xs:restriction>
              </xs:simpleType>
            </xs:element>
            <xs:element name="status" type="xs:string"/>
            <xs:element name="created" type="xs:dateTime"/>
            <xs:element name="stored" type="xs:dateTime"/>
            <xs:element name="register" type="Register"/>
            <xs:element name="sender" type="Party"/>
            <xs:element name="recipient" type="Party"/>
            <xs:element name="subject" type="xs:string"/>
            <xs:element name="confidential" type="xs:boolean"/>
            <xs:element name="reference" type="Reference" minOccurs="0" maxOccurs="unbounded"/>
            <xs:element name="document" type="Document" minOccurs="0" maxOccurs="unbounded"/>
            <xs:element name="event" type="Event" minOccurs="0" maxOccurs="unbounded"/>
            <xs:element name="evidence" minOccurs="0">
              <xs:complexType>
                <xs:attribute name="file" type="xs:anyURI" use="required"/>
              </xs:complexType>
            </xs:element>
          </xs:sequence>
        </xs:complexType>
      </xs:element>
      <xs:complexType name="Register">
        <xs:sequence>
          <xs:element name="date" type="xs:dateTime"/>
          <xs:element name="number" type="xs:string" minOccurs="0"/>
          <xs:element name="counterparty" type="xs:string"/>
          <xs:element name="matter" type="xs:string"/>
        </xs:sequence>
        <xs:attribute name="state" use="required">
          <xs:simpleType>
            <xs:restriction base="xs:string">
              <xs:enumeration value="registered"/>
              <xs:enumeration value="unregistered"/>
            </xs:restriction>
          </xs:simpleType>
        </xs:attribute>
      </xs:complexType>
      <xs:complexType name="Party">
        <xs:sequence>
          <xs:element name="organisation" type="xs:string"/>
          <xs:element name="name" type="xs:string" minOccurs="0"/>
          <xs:element name="mailbox" type="xs:string" minOccurs="0"/>
          <xs:element name="mailboxName" type="xs:string" minOccurs="0"/>
          <xs:element name="person" minOccurs="0" maxOccurs="unbounded">
            <xs:complexType>
              <xs:simpleContent>
                <xs:extension base="xs:string">
                  <xs:attribute name="root" type="xs:string"/>
                  <xs:attribute name="id" type="xs:string"/>
                </xs:extension>
              </xs:simpleContent>
            </xs:complexType>
          </xs:element>
        </xs:sequence>
      </xs:complexType>
      <xs:complexType name="Reference">
        <xs:simpleContent>
          <xs:extension base="xs:string">
            <xs:attribute name="root" type="xs:string" use="required"/>
            <xs:attribute name="label" type="xs:string"/>
            <xs:attribute name="returned" type="xs:boolean" use="required"/>
          </xs:extension>
        </xs:simpleContent>
      </xs:complexType>
      <xs:complexType name="Document">
        <xs:sequence>
          <xs:element name="text" type="xs:string" minOccurs="0" maxOccurs="unbounded"/>
          <xs:element name="attachment" minOccurs="0" maxOccurs="unbounded">
            <xs:complexType>
              <xs:simpleContent>
                <xs:extension base="xs:string">
                  <xs:attribute name="file" type="xs:anyURI" use="required"/>
                  <xs:attribute name="mediaType" type="xs:string" use="required"/>
                  <xs:attribute name="size" type="xs:nonNegativeInteger" use="required"/>
                  <xs:attribute name="sha256" type="xs:hexBinary" use="required"/>
                </xs:extension>
              </xs:simpleContent>
            </xs:complexType>
          </xs:element>
        </xs:sequence>
        <xs:attribute name="id" type="xs:string" use="required"/>
        <xs:attribute name="name" type="xs:string"/>
        <xs:attribute name="index" type="xs:string"/>
      </xs:complexType>
      <xs:complexType name="Event">
        <xs:simpleContent>
          <xs:extension base="xs:string">
            <xs:attribute name="number" type="xs:long" use="required"/>
            <xs:attribute name="time" type="xs:dateTime" use="required"/>
            <xs:attribute name="status" type="xs:string"/>
            <xs:attribute name="transport" type="xs:string"/>
          </xs:extension>
        </xs:simpleContent>
      </xs:complexType>
    </xs:schema>

    """
}
